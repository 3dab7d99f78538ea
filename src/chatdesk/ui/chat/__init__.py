"""The chat pane around the message list: header, banner, and how they are put together."""
