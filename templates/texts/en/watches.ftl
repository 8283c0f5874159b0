# Forgotten passwords, as the admin sets them up.
resets-lead = People who forget their password get a mail with a link to a new one. Nobody has to ask you.
resets-no-mail = No mail can be sent yet, so nobody gets a link.
resets-own = The page for your people
resets-own-help = Works from anywhere, and is linked on the sign-in page. Put it where people look.
resets-own-link = Address of the page
resets-files = Requests at a backend's own page
resets-files-help = Some servers answer "forgot password" with a file in their folder. Latchkey watches that folder and sends the mail.
resets-none = No backend leaves such files.
resets-of = Resets at { $name }
resets-open = Look
resets-set-up = Set up
resets-last = last request
resets-since = Last changed
resets-folder = The folder
resets-directory = Folder of the reset files
resets-directory-help = As Latchkey sees it. Jellyfin writes into its data folder: /config in its container, /var/lib/jellyfin as a package. Latchkey must be allowed to read it.
resets-mail = What the mail brings
resets-mail-help = The link leads to our page and works from anywhere. The PIN goes into the page that asked for it.
resets-mail-both = Link and PIN
resets-mail-link = Link only
resets-mail-pin = PIN only
resets-poll = Look every so many seconds
resets-poll-help = Empty or 0: Latchkey chooses. Folders on another machine need a number, because they say nothing when a file appears; 5 does well.
resets-poll-auto = Latchkey chooses
resets-watch = Watch this folder
resets-locked = Set by { $source }. Change it there; it applies at once.
resets-saved = The folder is watched.
resets-delete = Stop watching
resets-delete-help = Requests at this server then reach nobody. Our own page still works.
resets-delete-question = Stop watching for { $name }?
resets-delete-then = Whoever asks for a new password at this server waits for a mail that does not come.
resets-delete-keeps = Our own page still works, and no file is touched.
resets-deleted = The folder is not watched any more.
# How a watch is: resets-state-<state> and resets-says-<state>.
resets-state-watching = Watching
resets-says-watching = Files are seen at once. Nothing needs you.
resets-state-polling = Watching
resets-says-polling-chosen = Latchkey looks every { $seconds } seconds, as you chose. Nothing needs you.
resets-says-polling-file-system = Latchkey looks every { $seconds } seconds, because { $why } does not tell when a file appears. Nothing needs you.
resets-says-polling-no-notices = Latchkey looks every { $seconds } seconds, because this system tells nothing of new files: { $why }. Nothing needs you.
resets-state-starting = Starting
resets-says-starting = Latchkey is about to look into the folder.
resets-state-folder-missing = No folder
resets-says-folder-missing = There is no folder { $folder } here. In a container, mount it; otherwise check the name. Latchkey goes on looking and begins as soon as it is there.
resets-state-unreadable = Cannot read
resets-says-unreadable = Latchkey may not read the folder { $folder }: { $why }. Give its user the right to read and enter it, for example through the server's group. It is tried again by itself.
resets-state-not-supported = Not possible
resets-says-not-supported = The plugin of this backend does not read reset files.
resets-state-backend-down = Plugin down
resets-says-backend-down = The plugin of this backend does not do its work, so no file can be read: { $why }. It is tried again by itself.
resets-state-off = Not set up
resets-says-off = Requests at this server reach nobody. Name its folder, and they do.
resets-state-odd = Look at a file
resets-says-odd = { $n ->
    [one] The folder is watched, but a file in it needs a look.
   *[other] The folder is watched, but { $n } files in it need a look.
}
resets-old-files = { $n ->
    [one] One file in it is of a request that was over long ago. It does no harm and can be deleted.
   *[other] { $n } files in it are of requests that were over long ago. They do no harm and can be deleted.
}
# What an admin should know of a file, after its name: resets-file-<code>, else the plugin's own words.
resets-file-host-reset-name = has a name that cannot be written as text, so it is left alone. Delete it.
resets-file-host-reset-too-large = is larger than any reset file, so it is not read. Delete it if it is none of yours.
resets-file-host-reset-not-a-file = is a link or no plain file, so it is not read.
resets-file-host-reset-incomplete = is empty, or only half of it is there. Delete it; whoever asked has to ask again.
resets-file-host-reset-unreadable = is there, but { $detail }. Give Latchkey's user the right to read it.
resets-file-jellyfin-reset-damaged = has bytes of an older request at its end. The mail is sent all the same, but Jellyfin's own PIN page fails for everybody until this file is deleted.
resets-file-jellyfin-reset-unreadable = is no JSON. Jellyfin's own PIN page fails for everybody until this file is deleted.
resets-file-jellyfin-reset-incomplete = is called like a reset file, but something in it is missing. Delete it if it is none of yours.
resets-file-jellyfin-reset-clock = has a PIN that is good for longer than Jellyfin gives: the clock or the time zone of one of the two machines is off.
resets-recent = Lately
resets-recent-none = No request has been seen yet.
# What became of a request, after the name: resets-became-<outcome>.
resets-became-owed = asked for a new password and gets a mail.
resets-became-unknown-user = asked, but nobody of that name is known here. Adopt the account on the backend's page.
resets-became-no-address = asked, but has no address here. Give them one on their page.
resets-became-unconfirmed = asked, but the address is not confirmed, so no mail was sent.
resets-became-expired = asked; the PIN was over when the file was found.
resets-became-wrong-zone = asked, but the PIN was over by hours: check the clocks and time zones of both machines.
resets-became-privileged = asked, but this account is never reset by mail.
resets-became-shut-out = asked, but is switched off here.
resets-used-there = The PIN was used at the server.
field-not-a-path = Please give the whole path, beginning with /.
resets-try = Try it
resets-trial = Trial
resets-trial-after = Seen after { $n } ms.
resets-tried-seen = Seen
resets-tried-seen-help = A harmless file was put into the folder, seen, and taken away again. No mail was sent.
resets-tried-not-seen = Not seen
resets-tried-not-seen-help = A harmless file was put into the folder and not seen in time. If the folder is on another machine, give a number of seconds to look.
resets-tried-read-only = Only to be read
resets-tried-read-only-help = Latchkey may read the folder but not write into it, which is as it should be. Press "forgot password" at the server instead: the request appears below.
resets-tried-not-tried = Not tried
resets-tried-not-tried-help = It could not be tried. What is in the way stands here.
# Its steps, and what became of each: resets-step-<name>, resets-stepped-<code>.
resets-step-watch = Watching
resets-step-make = Making a file
resets-step-write = Putting it there
resets-step-see = Seeing it
resets-step-remove = Taking it away
resets-stepped-not-watching = The folder is not watched: see above.
resets-stepped-not-removed = Delete it by hand; it does no harm.
resets-button = Button on the server's sign-in page
resets-button-help = "Forgot your password?" on the sign-in page of { $name } that leads to our page. Whatever else you wrote there stays.
resets-button-is-on = There
resets-button-is-off = Not there
resets-button-on = Put it there
resets-button-off = Take it away
resets-button-now-on = The button is on the sign-in page of { $name }.
resets-button-now-off = The button is gone from the sign-in page of { $name }.
# What needs the admin.
banner-watch = Reset files of { $name } are not seen
banner-reset-file = A reset file of { $name } needs a look
