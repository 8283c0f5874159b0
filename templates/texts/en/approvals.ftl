# People who ask to come in: the admin's queue.
nav-approvals = Approvals
approvals-show-all = Show answered ones, too
approvals-show-waiting = Show only those that wait
approvals-none = Nobody waits
approvals-none-help = People who ask to come in and need your word are listed here.
approvals-answer-waiting = Waiting
approvals-answer-approved = Approved
approvals-answer-refused = Refused
approvals-how = How they came
approvals-how-registration = Registered by themselves
approvals-how-invite = By the invite
approvals-how-identity = Signed in with
approvals-proved-nobody = not confirmed
approvals-proved-here = confirmed
approvals-proved-provider = confirmed by the provider
approvals-proved-invite = the invite went there
approvals-when = Asked
approvals-from = From
approvals-answered = Answered by
approvals-claims = What the provider says
approvals-resembles = Looks like { $name }, who is here already. Is it the same person? They would be two users; look twice.
approvals-profile = Profile
approvals-profile-invite = As the invite says
approvals-profile-none = None
approvals-approve = Let them in
approvals-word = A word to them
approvals-refuse = Refuse
approvals-reopen = Let them wait again
approvals-forget = Remove from this list
approvals-approved = { $name } may come in.
approvals-approved-link = { $name } may come in. Their password had to wait too long and is not kept: they are sent a link to choose a new one, if their address is known. If not, make them a link on their page.
approvals-refused = { $name } was refused.
approvals-reopened = { $name } waits again.
approvals-forgotten = { $name } is off the list.
banner-approvals = { $n ->
    [one] Somebody asks to come in
   *[other] { $n } people ask to come in
}

# Somebody who asks.
register-title = Make an account
register-lead = Choose a name and a password; then you are in.
register-lead-waits = Choose a name and a password. Somebody looks at it before you can sign in.
register-email-help = For a new password, should you forget yours, and to tell you when you can come in.
register-ask = Ask to come in
register-have = I have an account
pending-title-waiting = Almost there
pending-title-approved = You may come in
pending-title-refused = Not this time
pending-lead-waiting = Thank you, { $name }. Somebody has to agree before you can sign in. You can leave this page open or come back later.
pending-lead-approved = Somebody has agreed. Welcome, { $name }.
pending-lead-refused = The person who looks after this place has not agreed.
progress-approval-lead = Somebody has to agree before your accounts are made. You can leave this page open or come back to it later.
signup-state-waiting = Waits for you
pending-since = You asked
pending-confirm = A mail is on its way to { $address }: please confirm the address in it, so that you can be told.
problem-refused = Not this time
problem-refused-help = The person who looks after this place has not agreed.
forbidden-refused = The person who looks after this place has not agreed.

# Invites that need a word.
invites-require-approval = I have to agree to who signs up
invites-require-approval-help = They choose a name and a password and wait; nothing is made before.
invite-needs-approval = You have to agree to who signs up.
join-needs-approval = Somebody has to agree before the account is made.
