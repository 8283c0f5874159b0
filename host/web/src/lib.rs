//! HTTP in, HTTP out: who asks, which page, what answer.
