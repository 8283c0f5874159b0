# What only the edge says: problems and fields that no page has a place of its own for.
problem-locked = It is set elsewhere
problem-locked-help = The settings file, the environment or the command line says so. Change it there.
problem-backend = The server did not do it
problem-backend-help = It refused, or gave an answer that nobody understands.
forbidden-setup-admin = The first admin stays an admin and cannot be disabled or deleted.
forbidden-over = Their time is over. Extend it first.
forbidden-no-password = There is no password here that could be changed.
field-text = This is not text.
field-flag = This is neither yes nor no.
field-list = This is not a list.
field-object = This is not an object.
field-time = This is not a time. It is written like 2027-01-31T18:00:00Z.
field-duration = This is not a duration. It is written like PT24H or P7D.
field-unknown-plugin = There is no such plugin.
field-id-taken = This id is in use.
