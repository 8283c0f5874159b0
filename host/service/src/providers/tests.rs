//! What an admin does with ways to sign in.
