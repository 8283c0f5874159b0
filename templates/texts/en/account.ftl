account-title = My account
account-hello = Hello, { $name }
account-until = Until { $date }
account-password = Change the password
account-password-where = It changes here: { $places }.
account-password-current = Password now
account-password-new = New password
account-password-change = Change it
account-password-changed = changed
account-password-later = follows by itself
account-password-failed = stays the old one
account-sessions = Sessions
account-other-sessions = { $n ->
    [0] You are signed in here only.
    [one] You are signed in at one other place too.
   *[other] You are signed in at { $n } other places too.
}
account-sign-out-others = Sign out everywhere else
account-signed-out-others = You are signed out everywhere else.
account-active = Active
account-disabled = Switched off
account-pending = Being made
account-failed = Did not work
account-unknown = Does not answer
