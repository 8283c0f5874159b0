invites-new = New invite
invites-another = Another one
invites-search = Search invites
invites-label = Label
invites-label-help = For you alone: who is it for?
invites-unnamed = Without a label
invites-used = Used
invites-used-of = { $n } of { $m }
invites-used-any = { $n ->
    [one] once
   *[other] { $n } times
}
invites-grants = Gives
invites-until = Until
invites-none = No invites yet
invites-none-help = An invite is a link. Whoever opens it chooses a name and a password and gets their accounts.
invites-backends = Accounts on
invites-profile = Profile
invites-profile-help = New accounts are made like this.
invites-no-profile = None: as the backend makes them
invites-uses = For how many people
invites-uses-help = One link, so many sign-ups.
invites-unlimited = Any number of people
invites-valid-days = Valid for days
invites-valid-days-help = Leave it empty for no end.
invites-more = More choices
invites-account-days = Accounts end after days
invites-account-days-help = Then they are switched off, not deleted. Leave it empty for no end.
invites-ask-email = Ask for an e-mail address
ask-email-none = No
ask-email-optional = Yes, but it may stay empty
ask-email-required = Yes, it must be given
invites-create = Make the invite
invite-state-open = Open
invite-state-used = Used up
invite-state-over = Over
invite-state-revoked = Revoked
invite-shared-title = The invite is ready
invite-for-anyone = For any number of people,
invite-for-people = { $n ->
    [one] For one person,
   *[other] For { $n } people,
}
invite-valid-until = until { $date }.
invite-valid-always = without an end.
invite-gets = Gives an account on { $places }.
invite-made-from = Made like “{ $profile }”.
invite-account-ends = { $n ->
    [one] The account ends after one day.
   *[other] The account ends after { $n } days.
}
invite-link = The invite's link
invite-preview = See it as a guest
invite-share-title = Your invite
invite-qr-alt = The invite's link as a QR code
invite-qr-png = Picture (PNG)
invite-qr-svg = Drawing (SVG)
invite-open = To this invite
invite-made = Made by { $by }
invite-came = Who came
invite-nobody-yet = Nobody yet.
invite-edit = Change it
invite-uses-edit-help = { $n ->
    [0] Nobody has used it yet.
    [one] One person has used it already.
   *[other] { $n } people have used it already.
}
invite-extend-days = Valid for days from now
invite-extend-days-help = Leave it empty to keep the end as it is.
invite-revoke = Revoke this invite
invite-revoke-help = The link stops working at once. Accounts that were made with it stay.
invite-revoke-question = Revoke this invite?
invite-revoke-stops = The link stops working at once.
invite-revoke-keeps = Accounts that were made with it stay as they are.
invite-revoke-confirm = Revoke
signup-state-working = On the way
signup-state-done = Arrived
signup-state-partial = Partly there
signup-state-failed = Did not work
invite-saved = The invite was changed.
invite-delete = Delete this invite
invite-delete-help = Takes it from the list for good, with the record of who came by it.
invite-delete-question = Delete this invite?
invite-delete-forgets = The link stops working and the invite leaves the list for good.
invite-delete-confirm = Delete
invite-deleted = The invite was deleted.
invite-revoked = The invite was revoked.
