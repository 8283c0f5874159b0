//! Opens every connection that leaves the process.
