"""The message list: a window of rows over the store, placed by pixels around what is being read."""
