# What every page has.
text-direction = ltr
skip-to-content = Skip to the content
nav-label = Administration
nav-label-short = Administration, short
nav-home = Home
nav-invites = Invites
nav-people = People
nav-profiles = Profiles
nav-backends = Backends
nav-plugins = Plugins
nav-activity = Activity
nav-settings = Settings
nav-account = My account
nav-admin = Admin
nav-more = More
sign-out = Sign out
sign-out-name = Sign out { $name }
theme-auto = Colours as the device says
theme-light = Light colours
theme-dark = Dark colours

# Words used in many places.
name = Name
state = State
username = User name
password = Password
email = E-mail address
public-url = Address of Latchkey
optional = optional
show-password = Show the password
copy = Copy
copied = Copied
share = Share
save = Save
apply = Apply
next = Next
back = Back
cancel = Cancel
filter = Show
filter-by-state = Narrow down
or = or
yes = Yes
no = No
none = None
never = Never
unknown = Unknown
somebody = somebody
nothing-found = Nothing fits that search.
pages-label = Pages
pages-first = Back to the start
pages-next = Next page
milliseconds = { $n } ms
form-problems = { $n ->
    [one] Please look at this again:
   *[other] Please look at these { $n } things again:
}

# Times.
just-now = just now
ago-minutes = { $n ->
    [one] a minute ago
   *[other] { $n } minutes ago
}
ago-hours = { $n ->
    [one] 1 hour ago
   *[other] { $n } hours ago
}
ago-days = { $n ->
    [one] yesterday
   *[other] { $n } days ago
}
ago-months = { $n ->
    [one] 1 month ago
   *[other] { $n } months ago
}
ago-years = { $n ->
    [one] 1 year ago
   *[other] { $n } years ago
}
in-minutes = { $n ->
    [one] in a minute
   *[other] in { $n } minutes
}
in-hours = { $n ->
    [one] in 1 hour
   *[other] in { $n } hours
}
in-days = { $n ->
    [one] tomorrow
   *[other] in { $n } days
}
in-months = { $n ->
    [one] in 1 month
   *[other] in { $n } months
}
in-years = { $n ->
    [one] in 1 year
   *[other] in { $n } years
}
