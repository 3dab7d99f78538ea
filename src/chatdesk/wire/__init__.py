"""Shapes on the wire, one module per platform: names, payloads, error texts, limits; no logic."""
