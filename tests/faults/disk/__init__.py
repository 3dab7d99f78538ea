"""The disk as it fails: full, read-only, torn, damaged, under the real store."""
