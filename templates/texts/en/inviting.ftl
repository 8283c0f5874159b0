# Inviting others, for people who were given the right to.
inviting-title = Invite somebody
inviting-left = { $n ->
    [0] You have invited as many people as you may.
    [one] You can invite one more person.
   *[other] You can invite { $n } more people.
}
inviting-valid-help = Thirty at most.
inviting-mine = My invites
inviting-came = { $n ->
    [0] Nobody has come by it yet.
    [one] One person has come by it.
   *[other] { $n } people have come by it.
}
inviting-withdraw = Withdraw it
inviting-withdrawn = The invite is withdrawn.
inviting-short = Make a link for somebody you know.
field-uses-quota = { $left ->
    [0] You have invited as many people as you may.
    [one] You can invite one more person only.
   *[other] You can invite { $left } more people only.
}
# The right, on a person's page.
inviting-right = May invite others
inviting-right-help = What you choose here is what those they invite get. Leave the number empty to take the right away.
inviting-quota = For how many people
inviting-right-saved = What { $name } may do is saved.
person-invited-by = Invited by
