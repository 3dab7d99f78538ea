"""The local SQLite database: the one truth that the window shows and the engine writes."""
