//! Throttles: how many wrong attempts, how long to wait. State in, state out.
