join-title = You are invited
join-invited-by = { $name } has a key for you.
join-invited = There is a key for you.
join-you-get = You get
join-start = Accept the invite
join-until = The invite is valid until { $date }.
join-account-ends = { $n ->
    [one] The account lasts one day.
   *[other] The account lasts { $n } days.
}
signup-title = Choose a name and a password
signup-help = You sign in with them from then on.
signup-name-rule = Use { $rule }
signup-name-help = The name you will sign in with.
signup-email-help = So that you can be helped if you forget your password.
signup-password-help = Once is enough: look at it with the eye if you like.
signup-submit = Create my account
progress-title = Just a moment
progress-lead = Your accounts are being made. You can leave this page open; it looks by itself.
progress-settled-title = That did not quite work
progress-settled-lead = Here is how far it went.
progress-again = Try again
step-waiting = waiting
step-working = being made
step-done = ready
step-later = follows by itself
step-failed = did not work
success-title = You are in
success-lead = Your account has been created.
success-open = Open { $name }
success-later = It does not answer right now. Your account follows by itself; you need not do anything.
success-address = The address, for apps and televisions:
success-address-of = Address of { $name }
success-sign-in-as = Sign in as
success-confirm = One thing more: a mail is on its way to { $address }. Press the button in it, so that you can get a new password by mail should you forget yours.
success-account = My account and password
