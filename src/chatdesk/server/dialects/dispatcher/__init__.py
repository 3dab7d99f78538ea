"""The dispatcher platform as its requirement document promises it, on the wire that its servers speak."""
