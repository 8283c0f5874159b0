//! Strict stand-ins for the servers Latchkey talks to: the demo's and the tests' alike.
