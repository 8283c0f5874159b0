# Ways to send mail, as the admin sets them up.
nav-mail = Mail
nav-resets = Password resets
mail-parts = Mail
mail-part-methods = Ways to send
mail-part-outbox = Outbox
mail-part-templates = Texts
mail-add = Add a way to send
mail-which = Who takes your mail? The mail server that your own address is with does well.
mail-no-plugin = There is no plugin that sends mail.
mail-order = Tried from the top: the first that takes a message sends it.
mail-none = No mail can be sent yet
mail-none-help = People who forget their password need one: the mail brings the link to a new password. Your provider's mail server is enough.
mail-waiting = { $n ->
    [one] One message waits for a way to send.
   *[other] { $n } messages wait for a way to send.
}
mail-failed = { $n ->
    [one] One message could not be delivered.
   *[other] { $n } messages could not be delivered.
}
mail-look = Look
mail-method = Mail through { $name }
mail-method-ready = Ready
mail-method-warned = Look at it
mail-method-failing = Did not send
mail-method-refused = Cannot send
mail-method-failed-last = The last message was not taken,
mail-edit = Settings of { $name }
mail-from = Sender
mail-from-help = What people see: a name and an address that this server may send for.
mail-reply-to = Answers go to
mail-reply-to-help = Empty: to the sender.
mail-more = More settings
mail-save = Save
mail-save-help = On the next page you can try it, stage by stage.
mail-locked = This way to send is set by { $source }. Change it there; it applies at once.
mail-saved = { $name } is saved. Try it now: send yourself a message.
mail-delete = Remove this way to send
mail-delete-help = What has been sent stays sent.
mail-delete-question = Remove { $name }?
mail-delete-waits = Messages that wait go out another way. Where there is none, they wait until you add one.
mail-delete-password = Its password is forgotten here.
mail-deleted = { $name } is removed.
mail-test = Try it
mail-test-again = Try it again
mail-test-to = Send a message to
mail-test-to-help = Your own address, to see it arrive. Empty: everything is tried but no message is sent.
mail-test-go = Try it
mail-test-sent = A message is on its way to { $address }. Nothing there in five minutes? Look among the spam.
mail-dialogue = What was said
# What may be wrong with a way to send although it can be tried: mail-warning-<code>.
mail-warning-plain = Nothing is encrypted on the way: others between here and the server can read links and PINs. Only for a server of your own, in your own network.
mail-warning-plain-password = The password is sent without encryption. Choose STARTTLS or TLS if the server can.
mail-warning-other-domain = The sender's address belongs to another domain than Latchkey's own address. Some mailboxes take that for spam.
mail-warning-no-public-url = Latchkey does not know its own address, so no link can be mailed. Set it in the settings.
mail-warning-plugin-ill = Its plugin broke off too often and is left alone for a while. The plugin's page has its log.
mail-warning-unknown = Look at its settings: { $code }
field-not-a-sender = Write it like home@example.org or Home <home@example.org>.
stage-name-plugin = Plugin
# Of a test's stages, where a plugin uses one of these names: stage-name-<name>.
stage-name-banner = Greeting
stage-name-hello = Hello
stage-name-start-tls = Encryption
stage-name-sign-in = Signing in
stage-name-sender = Sender
stage-name-recipient = Recipient
stage-name-data = Message
stage-name-message = Message
stage-name-domain = Domain
# What a plugin's choices are called: setting-option-<value>.
setting-option-starttls = STARTTLS: most servers, port 587
setting-option-tls = TLS: port 465
setting-option-none = None: only in your own network

# The texts of mails.
mail-templates-lead = What Latchkey writes to your people. Change the words or the looks; the built-in ones come back with one press.
mail-templates-folder = Files change a mail, too: NAME.mjml, NAME.txt and NAME.toml in
mail-origin-built-in = Built in
mail-origin-page = Changed here
mail-origin-file = From a file
mail-template-broken-now-built-in = This does not work, so the built-in mail is sent. { $why }
mail-template-broken-now-before = This does not work, so the mail is sent as it was before. { $why }
mail-templates-strays = Files whose names are no mail's:
mail-template-locked = Set by { $source }. Change it there; it applies at once.
mail-template-subject = Subject
mail-template-subject-help = Phones show it while they are locked: no PIN and no link.
mail-template-text = Plain text
mail-template-text-help = What programs show that show no pictures and colours.
mail-template-mjml = MJML
mail-template-mjml-help = From this the HTML is made. It begins with <mjml>.
mail-template-saved = The mail is saved.
mail-template-reset = Back to the built-in text
mail-template-reset-help = What you wrote is thrown away.
mail-template-reset-question = Throw your words away?
mail-template-reset-lost = What you wrote for this mail is lost.
mail-template-reset-next = From the next mail on, Latchkey's own words are sent.
mail-template-was-reset = The built-in text is back.
mail-preview = Preview
mail-preview-help = As it is saved, with a made-up person and your own server's name. Press a button beside the fields to see what you typed.
mail-preview-html = Show it
mail-preview-text = Show as plain text
mail-preview-broken = This does not work yet
mail-variables = What you can write into it
mail-variables-help = In double braces, as here; in its place stands, for example, what is below it.
mail-about-reset = Goes out when somebody forgot their password: asked for here, at a backend, or by you.
mail-about-invite = Goes out when you send an invite by mail.
mail-about-welcome = Goes out when somebody has signed up.
mail-about-confirm-address = Goes out when somebody gives an address, to see that it is theirs.
mail-about-password-changed = Goes out after a password was changed, so that nobody else does it unseen.
mail-about-address-changed = Goes to the old address once another one is in its place, so that nobody else does it unseen.
mail-about-expiring = Goes out seven days and one day before an account ends.
mail-about-expired = Goes out when an account has ended.
mail-about-approved = Goes out when you let somebody in who asked.
mail-about-refused = Goes out when you say no to somebody who asked.
mail-about-approval-asked = Goes to every admin when somebody asks to come in, once an hour at most.
mail-about-test = Goes out when you try a way to send.
# What needs the admin.
banner-mail-none = No mail can be sent yet
banner-mail-none-help = Whoever forgets their password has to ask you.
banner-mail-refused = Mail through { $name } cannot be sent
banner-mail-failed = { $n ->
    [one] One message could not be delivered
   *[other] { $n } messages could not be delivered
}
