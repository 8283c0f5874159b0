//! Each thing a person can have done: facts, a rule, lasting effects.
