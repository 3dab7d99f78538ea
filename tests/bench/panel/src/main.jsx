// The page that a desk would have in a browser instead: conversations on the left, one open on the right.
import {createRoot} from 'react-dom/client'
import {Panel} from './panel.jsx'
import './clock.js'
import './style.css'

// The newest page is asked for at once and painted alone; the history behind it comes afterwards.
const newest = await (await fetch('data/newest.json')).json()
createRoot(document.getElementById('root')).render(<Panel newest={newest} />)
