"""What a person can ask of a server besides writing: actions, look-ups, notifications, files, positions."""
