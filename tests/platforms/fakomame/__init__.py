"""The Fakomame platform: adapter on paper, recordings, hostile input, and the engine over a small server."""
