// Messages as the server emits them. `take` gets lists of them: one each, or all of a frame together.
import {io} from 'socket.io-client'

const shown = ({message}) => ({
  id: message.id,
  own: message.senderType === 'admin',
  name: message.user?.firstName ?? 'Customer',
  text: message.message,
  at: Date.parse(message.createdAt),
})

export function listen({server, token, order, gather}, take) {
  const socket = io(server, {auth: {token}, transports: ['websocket'], reconnection: false})
  let heap = []
  const flush = () => {
    const all = heap
    heap = []
    take(all)
  }
  socket.on('new-message', payload => {
    if (!gather) return take([shown(payload)])
    if (heap.length === 0) requestAnimationFrame(flush)
    heap.push(shown(payload))
  })
  const joined = new Promise((done, refused) => {
    socket.on('connect', () => {
      socket.emit('join-order-room', order)
      done()
    })
    socket.on('connect_error', refused)
  })
  return {joined, close: () => socket.close()}
}
