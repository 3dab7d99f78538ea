-- A draft that stands in two versions: `other` was written elsewhere, or came back with a copy.
ALTER TABLE drafts ADD COLUMN other TEXT NOT NULL DEFAULT '';
