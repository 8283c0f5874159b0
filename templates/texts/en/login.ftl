login-title = Sign in
login-with = Continue with { $name }
login-keep = Keep me signed in
login-keep-help = Only on a device of your own.
login-submit = Sign in
login-any-of = Your password for any of these works:
login-wrong = The name or the password is wrong.
login-too-many = Too many tries. Please wait a little and try again.
