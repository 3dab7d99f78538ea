import {memo, useEffect, useRef, useState} from 'react'
import {Virtuoso} from 'react-virtuoso'
import {nowMs, firstPaintMs, forget, paintedOf, untilPainted} from './clock.js'
import {listen} from './live.js'

const FIRST = 10_000_000 // Virtuoso's number of the oldest row goes down from here as history comes

const STILL = 4 // frames without a change: it has arrived

const hours = new Intl.DateTimeFormat('en', {hour: '2-digit', minute: '2-digit'})

const Message = memo(({message}) => (
  <div className={message.own ? 'row own' : 'row'}>
    <div className="bubble">
      <div className="name">{message.name}</div>
      <div className="text" dir="auto" elementtiming={message.id}>{message.text}</div>
      <div className="time">{hours.format(message.at)}</div>
    </div>
  </div>
))

const Conversation = memo(({title, last}) => (
  <div className="conversation">
    <b>{title}</b>
    <div>{last}</div>
  </div>
))

const keyOf = (_index, message) => message.id
const itemOf = (_index, message) => <Message message={message} />
const conversationOf = (_index, one) => <Conversation {...one} />

export function Panel({newest}) {
  const [chat, setChat] = useState({first: FIRST, messages: newest.messages})
  const list = useRef(null)
  const now = useRef(chat)
  now.current = chat

  useEffect(() => {
    window.panel = instruments(now, list, setChat)
    // Behind the first paint: what a person sees is there already.
    const load = async () => {
      await untilPainted(newest.messages.at(-1).id)
      const {messages} = await (await fetch('data/history.json')).json()
      setChat(chat => ({first: FIRST - messages.length, messages: [...messages, ...chat.messages]}))
    }
    load()
  }, [])

  return (
    <div className="panel">
      <Virtuoso className="side" data={newest.conversations} itemContent={conversationOf} />
      <div className="chat">
        <header>{newest.conversations[0].title}</header>
        <Virtuoso
          ref={list}
          className="messages"
          data={chat.messages}
          firstItemIndex={chat.first}
          initialTopMostItemIndex={{index: newest.messages.length - 1, align: 'end'}}
          computeItemKey={keyOf}
          itemContent={itemOf}
          followOutput="auto"
          increaseViewportBy={400}
        />
        <textarea rows="2" placeholder="Message" />
      </div>
    </div>
  )
}

// What the benchmark asks for; nothing of it runs before it is asked.
function instruments(now, list, setChat) {
  const frame = () => new Promise(requestAnimationFrame)
  const until = async (condition, patienceMs) => {
    const end = performance.now() + patienceMs
    while (!condition() && performance.now() < end) await frame()
    return Boolean(condition())
  }
  let live = null
  let scrolling = false
  return {
    now: nowMs,
    size: () => now.current.messages.length,
    started: async () => {
      await untilPainted(now.current.messages.at(-1).id)
      return firstPaintMs()
    },
    // Milliseconds from asking for message `index` until its text was in view where it stays, or null.
    jump: async index => {
      forget()
      const {id} = now.current.messages[index]
      const box = document.querySelector('.messages').getBoundingClientRect()
      const began = nowMs()
      list.current.scrollToIndex({index, align: 'start'})
      let place = null
      let frames = 0
      let since = 0 // when a frame began that found it at `place`: by then the frame before was presented
      const isThere = () => {
        const row = document.querySelector(`[data-item-index="${now.current.first + index}"]`)
        const {top, bottom} = row?.getBoundingClientRect() ?? {top: box.bottom, bottom: 0}
        if (top !== place || bottom <= box.top || top >= box.bottom) {
          place = top
          frames = 0
          since = nowMs()
        }
        return ++frames > STILL
      }
      const came = await until(isThere, 3000)
      return came ? Math.max(since, paintedOf(id) ?? 0) - began : null
    },
    toEnd: async () => {
      list.current.scrollToIndex({index: now.current.messages.length - 1, align: 'end'})
      for (let turn = 0; turn < 30; turn++) await frame()
    },
    join: async options => {
      live?.close()
      live = listen(options, some => setChat(chat => ({...chat, messages: [...chat.messages, ...some]})))
      await live.joined
      return true
    },
    // When each of the messages whose text begins so was on the screen.
    painted: async (prefix, count, patienceMs) => {
      const found = () => now.current.messages.slice(-2 * count).filter(one => one.text.startsWith(prefix))
      await until(() => found().filter(one => paintedOf(one.id)).length >= count, patienceMs)
      return Object.fromEntries(found().map(one => [one.text, paintedOf(one.id) ?? null]))
    },
    // Scroll to and fro, a notch a frame, until `size` messages are in the list; when they were, and the frames.
    scrollUntil: async (size, patienceMs) => {
      const box = document.querySelector('.messages')
      const gaps = []
      let last = performance.now()
      let turn = 0
      scrolling = true
      const step = () => {
        if (!scrolling) return
        const at = performance.now()
        gaps.push(at - last)
        last = at
        box.scrollTop += turn++ % 120 < 90 ? -100 : 100
        requestAnimationFrame(step)
      }
      requestAnimationFrame(step)
      const came = await until(() => now.current.messages.length >= size, patienceMs)
      const at = nowMs()
      scrolling = false
      return {came, at, size: now.current.messages.length, gaps}
    },
  }
}
