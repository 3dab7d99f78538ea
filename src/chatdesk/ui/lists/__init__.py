"""The pane of conversations and orders: models over the store, their arrangement, how a row looks."""
