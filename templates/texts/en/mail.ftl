# What the built-in mails say. Nobody has to know what a server, a link or a token is.
mail-hello = Hello,
mail-hello-name = Hello { $name },
mail-sent-by = This mail comes from { $server }:
mail-link-bare = If the button does nothing, copy this address into your browser:
mail-link-until-once = It works until { $when } ({ $left }), and only once.

mail-reset-subject = Choose a new password for { $server }
mail-reset-heading = Choose a new password
mail-reset-preview = What to do if you forgot your password, and if you did not.
mail-reset-asked = Somebody, probably you, asked for a new password for your account at { $server }.
mail-reset-by-admin = You can choose a new password for your account at { $server }. The person who looks after it sends you this mail.
mail-reset-button = Choose a new password
mail-reset-link-lead = Open this address to choose a new password:
mail-reset-pin-lead = Type this PIN where { $where } asks for it:
mail-reset-pin-or = Does { $where } ask you for a PIN? Then type this one there:
mail-reset-pin-until = The PIN works until { $when } ({ $left }). Once you have used it, the PIN itself is your password: choose a better one soon.
mail-reset-not-you = Was it not you? Then there is nothing to do: your password stays as it is. Do not pass this mail on; whoever has it can change your password.

mail-invite-subject = You are invited to { $server }
mail-invite-heading = You are invited
mail-invite-preview = There is a key for you. Making your account takes about a minute.
mail-invite-lead = There is a key for you: you can make your own account at { $server }. You choose a name and a password; it takes about a minute.
mail-invite-button = Accept the invite
mail-invite-link-lead = Open this address to accept the invite:
mail-invite-until = The invite is valid until { $when } ({ $left }).
mail-invite-not-you = You do not know who invites you? Then there is nothing to do, and nothing will happen. The invite is for you: please do not pass it on.

mail-welcome-subject = Welcome to { $server }
mail-welcome-heading = Welcome
mail-welcome-preview = Your account is ready. Here is how you get in.
mail-welcome-lead = Your account at { $server } is ready.
mail-welcome-name = You sign in with the name { $name } and the password you chose.
mail-welcome-open = Open { $name }:
mail-welcome-open-button = Open { $name }
mail-welcome-account = Your account and your password, whenever you want to change something:
mail-welcome-until = Your account lasts until { $when }.
mail-welcome-forgot = Should you ever forget your password:

mail-confirm-address-subject = Is this your address? { $server } would like to know
mail-confirm-address-heading = Is this your address?
mail-confirm-address-preview = One press of a button, and you can be helped if you forget your password.
mail-confirm-address-lead = This address was given for an account at { $server }. Please confirm that it is yours, so that you can be helped if you forget your password.
mail-confirm-address-button = Yes, this is my address
mail-confirm-address-link-lead = Open this address to confirm it:
mail-confirm-address-not-you = You know nothing of this? Then there is nothing to do: without your confirmation nothing else is sent to you.

mail-password-changed-subject = Your password for { $server } was changed
mail-password-changed-heading = Your password was changed
mail-password-changed-preview = If that was you, all is well.
mail-password-changed-lead = The password of your account at { $server } was changed on { $when }.
mail-password-changed-by-admin = The person who looks after { $server } changed the password of your account on { $when }.
mail-password-changed-you = Did you know about it? Then all is well, and there is nothing to do.
mail-password-changed-not-you = You did not? Then choose a new password at once, and tell the person who looks after your account:

mail-address-changed-subject = Your e-mail address at { $server } was changed
mail-address-changed-heading = Your e-mail address was changed
mail-address-changed-preview = If that was you, all is well.
mail-address-changed-lead = Since { $when }, this is no longer the address of your account at { $server }. Nothing else is sent here for it.
mail-address-changed-you = Did you know about it? Then all is well, and there is nothing to do.
mail-address-changed-not-you = You did not? Then somebody else may have been in your account. Tell the person who looks after it at once: they can give you your address back, and a new password.

mail-expiring-subject = Your account at { $server } ends soon
mail-expiring-heading = Your account ends soon
mail-expiring-preview = Until then everything works as always.
mail-expiring-lead = Your account at { $server } ends on { $when } ({ $left }).
mail-expiring-then = Until then everything works as always. Afterwards you cannot sign in any more.
mail-expiring-stay = Would you like to stay? Ask the person who invited you.

mail-expired-subject = Your account at { $server } has ended
mail-expired-heading = Your account has ended
mail-expired-preview = What that means, and whom to ask.
mail-expired-lead = Your account at { $server } ended on { $when }.
mail-expired-then = You cannot sign in any more.
mail-expired-back = Would you like to come back? Ask the person who invited you.

mail-approved-subject = You may come in: { $server }
mail-approved-heading = You may come in
mail-approved-preview = Somebody has agreed. You can sign in now.
mail-approved-lead = You asked for an account at { $server }. Somebody has agreed: you can sign in from now on.
mail-approved-name = You sign in with the name { $name }.
mail-approved-button = Sign in
mail-approved-link-lead = Open this address to sign in:

mail-refused-subject = About your account at { $server }
mail-refused-heading = Not this time
mail-refused-preview = You asked for an account. Here is the answer.
mail-refused-lead = You asked for an account at { $server }. The person who looks after it has not agreed.
mail-refused-word = They say:
mail-refused-then = You can ask them why, in person.

mail-approval-asked-subject = Somebody asks to come in: { $server }
mail-approval-asked-heading = Somebody asks to come in
mail-approval-asked-preview = They wait for a word from you.
mail-approval-asked-lead = Somebody waits for a word from you before they can sign in at { $server }. Waiting now: { $n }.
mail-approval-asked-button = Have a look
mail-approval-asked-link-lead = Open this address to see who it is:
mail-approval-asked-quiet = Should more people ask within the hour, you get no further mail.

mail-test-subject = A test from { $server }
mail-test-heading = It works
mail-test-preview = This mail is a test. There is nothing to do.
mail-test-lead = You are reading this, so mail from { $server } arrives.
mail-test-method = It was sent on { $when } by { $method }. There is nothing to do.

# What is wrong with a template, for admins: mail-problem-<code>.
mail-hint = Is { $hint } what you mean?
mail-problem-syntax = That is not understood: { $about }.
mail-problem-unknown-variable = Nothing is called { $about } in this mail.
mail-problem-unknown-name = That does not exist: { $about }.
mail-problem-not-a-time = Only times can be written as dates.
mail-problem-too-deep = Too much stands in each other here, or between two braces.
mail-problem-too-much-work = That takes too long. Is there a loop without an end?
mail-problem-too-large = That is too long. { $about } bytes are the most.
mail-problem-render = That does not work: { $about }.
mail-problem-include = Other files cannot be taken in ({ $about }). Write everything into this one.
mail-problem-braces-not-closed = { $about } is opened here and closed nowhere.
mail-problem-braces-in-tag = Braces may stand within quotes and between tags, not within the tag { $about } itself.
mail-problem-tag-not-closed = { $about } is opened here and closed nowhere.
mail-problem-tag-not-open = { $about } closes what is not open.
mail-problem-tag-not-here = { $about } may not stand here.
mail-problem-tag-broken = A tag begins here that does not end ({ $about }). To write that sign as such, use &lt;
mail-problem-unknown-tag = There is no tag { $about }.
mail-problem-text-not-here = Words may not stand here ({ $about }); they belong into a tag for text.
mail-problem-not-mjml = A template begins with <mjml> and ends with </mjml>.
mail-problem-mjml = The tags do not fit together: { $about }.
mail-problem-secret-in-subject = A PIN, a link or a code may not be in a subject: phones show subjects while they are locked.
mail-problem-secret-in-preview = A PIN, a link or a code may not be in the preview: phones show it while they are locked.
mail-problem-empty-subject = The subject is empty.
mail-problem-empty-text = The text is empty.
mail-problem-not-toml = That is no TOML: { $about }.
mail-problem-not-text = The file is no text in UTF-8.
mail-problem-unknown-key = Only subject can stand in this file, as text; not { $about }.
mail-problem-unreadable = The file cannot be read: { $about }.
# Beside the field of a part.
field-template = Line { $line }, column { $column }: { $detail }
