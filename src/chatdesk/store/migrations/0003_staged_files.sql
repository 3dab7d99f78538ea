-- Files that wait to be sent: the name of the copy in the profile's folder of files; '' where there is none.
ALTER TABLE outbox ADD COLUMN staged TEXT NOT NULL DEFAULT '';
