//! Keeps records in one redb file, seals secrets, migrates formats.
