//! Vulnerabilities that neighbours really had, each as a named test: the id says where to read about it.
//!
//! What touches apps behind a reverse proxy and apps that sign in through us stands with those.

mod accounts;
mod doors;
mod flows;
mod secrets;
mod tokens;
