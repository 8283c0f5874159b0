//! Watches of real folders, with real notices.
