# Accounts that exist on a backend become users.
adopt-title = Adopt people from { $name }
adopt-lead = Accounts that were there before Latchkey. Adopted, their people can sign in here, reset their password and be managed. Nothing changes on the server.
adopt-admin = manages the server
adopt-under-way = signing up right now
adopt-email-help = An address that you type counts as confirmed. Without one, a person can sign in but not reset a password by mail.
adopt-clash = Somebody here is called { $name } already:
adopt-leave = Leave this account alone
adopt-same = It is theirs: add it to { $name }
adopt-other = It is somebody else
adopt-name = Name here
adopt-name-help = Another name, because that one is taken.
adopt-name-unusable = The name there cannot be one here. Choose one that is close.
adopt-some = Adopt those ticked
adopt-all = { $n ->
    [one] Adopt it
   *[other] Adopt all { $n }
}
adopt-none = Nobody is left
adopt-none-help = Every account on { $name } belongs to somebody here.
adopt-known = { $n ->
    [one] One account belongs to somebody here
   *[other] { $n } accounts belong to somebody here
}
adopt-people = Adopt people
adopted-title = What became of them
adopted-lead = { $n ->
    [0] Nobody was adopted.
    [one] One account has a user now.
   *[other] { $n } accounts have users now.
}
adopt-more = Adopt more
# What became of one account, after its name: adopted-<outcome>.
adopted-created = is a user here now.
adopted-attached = was added to the user of your choice.
adopted-already-linked = belonged to somebody here already.
adopted-name-taken = was left alone: the name is taken here. Say who it is and try again.
adopted-name-unusable = was left alone: the name cannot be one here. Give another one and try again.
adopted-not-there = was left alone: the account is gone from the server.
adopted-no-such-user = was left alone: the user you chose is gone.
adopted-other-admin = was left alone: that user is another admin, and only the first admin attaches an account to them.
adopted-has-another = was left alone: that user has another account on this server.
adopted-under-way = was left alone: somebody is signing up with it right now.
field-who = Please say who this is, or untick it.
field-nobody = Please tick somebody first.
