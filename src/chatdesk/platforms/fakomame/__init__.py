"""The Fakomame adapter: senders and travelers who talk about packages and trips."""
