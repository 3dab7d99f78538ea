"""Orders: the model of all of them, and the panel that shows the one of the open conversation."""
