# On the way to a provider and back. flow-<what>.
flow-away-title = On to { $name }
flow-away-lead = You are on your way. If nothing happens, press the button.
flow-wait-title = One moment
flow-wait-lead = { $name } has not said yet who you are. This page looks again by itself.
flow-again = Begin again
flow-other-way = Sign in another way
flow-back = Back
flow-home-title = Who are you?
flow-home-pin = PIN
flow-home-restricted = restricted
flow-home-go = Continue as { $name }

# Why it did not work: a title and what to do.
flow-denied = That was not allowed
flow-denied-help = { $name } says no: either you did so yourself, or you do not belong to what is shared there. Ask whoever invited you.
flow-invited = Your invitation is waiting
flow-invited-help = You were asked to join at { $name } and have not accepted yet. Look into your mail or at { $name }, accept, and come back.
flow-not-admitted = You are not known here
flow-not-admitted-help = { $name } knows you, but nobody here has let you in. Ask whoever runs this for an invite.
flow-somebody-else = That was somebody else
flow-somebody-else-help = Whoever signed in at { $name } is not who is signed in here.
flow-taken = Somebody has this already
flow-taken-help = Another person here signs in with this account of { $name }. It cannot be yours too. If that is you, sign in instead.
flow-over = This sign-in is over
flow-over-help = It took too long, was used already, or began in another browser. Please begin again.
flow-unavailable = { $name } does not answer
flow-unavailable-help = Please try again in a moment, or sign in another way.
flow-failed = That did not work
flow-failed-help = { $name } did not answer as it should. Please begin again; if it stays so, tell whoever runs this.
flow-too-many = Too many tries
flow-too-many-help = Please wait a little and try again.
flow-session-over = You are signed out
flow-session-over-help = What you began ended with your session. Sign in and begin again.
flow-wrong-pin = The PIN is wrong.
flow-missing-pin = Please give the PIN.
flow-connected = It is connected with your account there.

# The ways one signs in.
identity-title = Ways I sign in
identity-mine = Linked to this account
identity-none = Nothing yet: you sign in with a name and a password.
identity-short = What opens this account, and what else could.
identity-used = Last used
identity-never-used = Never used
identity-unlink = Remove { $name }
identity-others = Add another way
identity-others-help = Sign in there once, and from then on it opens this account too.
identity-link = Add { $name }
identity-stale = You signed in a while ago. To add or remove a way, please sign in again.
identity-sign-in-again = Sign in again
identity-linked = From now on you can sign in that way too.
identity-unlinked = It does not open this account any more.
identity-fixed-account = It belongs to the account you were given there.
identity-fixed-last = It is your only way in.

# For programs, and where a form did not work. problem-<code>.
problem-wrong-pin = The PIN is wrong
problem-wrong-pin-help = After five wrong ones you have to begin again.
problem-denied = That was not allowed
problem-denied-help = The provider says no.
problem-invited = The invitation is waiting
problem-invited-help = Accept it there first.
problem-not-admitted = You are not known here
problem-not-admitted-help = Ask whoever runs this for an invite.
problem-somebody-else = That was somebody else
problem-somebody-else-help = Whoever signed in there is not who is signed in here.
problem-last-way-in = Your last way in stays
problem-last-way-in-help = Without it you could not sign in any more.
problem-account-here = It belongs to an account of yours
problem-account-here-help = It goes with the account you were given there, not by itself.
