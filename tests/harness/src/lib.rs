//! A house in one process: the real program on port 0, stand-ins, visitors.
