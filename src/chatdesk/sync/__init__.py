"""The engine, one per account: keeps the store in step with one server."""
