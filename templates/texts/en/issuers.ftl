# Signing out at the issuer one came from.

signed-out-title = You are signed out here
signed-out-there = You are still signed in at { $provider }. On a computer that others use too, sign out there as well.
signed-out-leave = Sign out at { $provider }
signed-out-again = Sign in again
