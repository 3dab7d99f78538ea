// When the browser itself says that a message's text was on the screen, in ms since the Unix epoch.
// Element Timing gives the time at which the frame was presented, so nothing is guessed from callbacks.
const paintedMs = new Map()
const waiting = new Map()

new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    if (paintedMs.has(entry.identifier)) continue
    const at = performance.timeOrigin + entry.renderTime
    paintedMs.set(entry.identifier, at)
    for (const done of waiting.get(entry.identifier) ?? []) done(at)
    waiting.delete(entry.identifier)
  }
}).observe({type: 'element', buffered: true})

export const nowMs = () => performance.timeOrigin + performance.now()
export const firstPaintMs = () => Math.min(...paintedMs.values())
export const paintedOf = id => paintedMs.get(id)
export const forget = () => paintedMs.clear()
export const untilPainted = id =>
  new Promise(done => {
    if (paintedMs.has(id)) done(paintedMs.get(id))
    else waiting.set(id, [...(waiting.get(id) ?? []), done])
  })
