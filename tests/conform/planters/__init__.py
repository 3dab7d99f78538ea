"""How the state that a capture began with gets into an empty server: a module per platform, its `PLANTER`."""
