//! Runs each plugin in wasmtime and lends it only what it was granted.
