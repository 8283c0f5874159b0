profiles-lead = New accounts are made from a profile: what the model account may see and do, word for word.
profiles-capture = Capture a profile
profiles-none = No profiles yet
profiles-none-help = Set up one account the way you like it, then capture it.
profiles-no-backend = Connect a backend first; then there is something to capture.
profiles-from = From { $name }
profiles-invites = { $n ->
    [0] No open invite uses it
    [one] One open invite uses it
   *[other] { $n } open invites use it
}
capture-lead = Latchkey copies how an account is set up. The account itself is not changed.
capture-none = No backend has answered yet that has accounts to capture. Connect one, or test the one you have.
capture-backend = From which backend?
capture-account = Which account is the model?
capture-account-help = Better not one of an administrator.
capture-chosen = The model is { $name }.
capture-name = Name of the profile
capture-name-help = For example: Family. The name of a profile that exists adds this backend to it.
capture-existing = There are already:
capture-save = Capture
profile-recapture = Capture again
profile-raw = The document itself
profile-raw-help = Kept as the backend gave it, with all that Latchkey does not know.
# What a profile's document says, where a plugin uses one of these names: fact-<name>.
fact-libraries = Libraries
fact-remote-access = From outside
fact-downloads = Downloads
fact-deletion = Deleting
fact-video-transcoding = Converting video
fact-live-tv = Live TV
fact-live-tv-management = Managing live TV
fact-collections = Collections
fact-subtitles = Subtitles
fact-lyrics = Lyrics
fact-own-preferences = Own preferences
fact-hidden = Hidden at sign-in
fact-parental-rating = Parental rating
fact-max-sessions = Sessions at once
fact-blocked-unrated = Without a rating, hidden
fact-blocked-tags = Hidden tags
fact-allowed-tags = Only these tags
fact-audio-language = Audio language
fact-subtitle-language = Subtitle language
fact-subtitle-mode = Subtitle mode
fact-schedule = Allowed hours
fact-home-screen = Home screen
profile-apply = Apply to a person
profile-apply-to = Person
profile-delete = Delete this profile
profile-delete-help = Accounts that were made from it stay as they are.
profile-delete-question = Delete the profile { $name }?
profile-delete-keeps = Accounts that were made from it stay as they are.
profile-captured = The profile { $name } is captured.
profile-applied = The profile is applied to { $name }.
profile-deleted = The profile is deleted.
