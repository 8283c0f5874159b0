//! What it can do wrong, one thing at a time.

/// A lie, or a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The ID token has `alg: none` and no signature.
    Unsigned,
    /// HS256 with the client secret as its key.
    SignedBySecret,
    /// HS256 with the published RSA key as its key.
    SignedByPublicKey,
    /// One bit of the signature is another.
    BadSignature,
    /// The claims were changed after signing.
    ChangedClaims,
    /// Signed by a stranger's key, which stands in the header.
    OwnKeyInHeader,
    /// Signed by a stranger's key under a known `kid`.
    StrangersKey,
    /// ES256, which is not announced.
    UnannouncedAlgorithm,
    /// A `kid` that is not among the keys.
    UnknownKeyId,
    /// No `kid`; there is one key of that kind.
    NoKeyId,
    /// No `kid`, and several keys of that kind.
    NoKeyIdOfSeveral,
    /// `aud` is another client.
    WrongAudience,
    /// No `aud`.
    NoAudience,
    /// `aud` has two clients, and no `azp` says which was meant.
    TwoAudiences,
    /// `aud` has two clients, and `azp` says us: a client may take that.
    TwoAudiencesForUs,
    /// `azp` is another client.
    WrongParty,
    /// `iss` is another issuer.
    WrongIssuer,
    /// No `iat`.
    NoIssueTime,
    /// `iat` is an hour ago.
    OldIssueTime,
    /// `iat` is in an hour.
    FutureIssueTime,
    /// No `exp`.
    NoEnd,
    /// Over since two minutes.
    Expired,
    /// No `sub`.
    NoSubject,
    /// `sub` is empty.
    EmptySubject,
    /// No `nonce`.
    NoNonce,
    /// Another `nonce`.
    WrongNonce,
    /// `at_hash` of another access token.
    WrongAccessTokenHash,
    /// No ID token in the answer.
    NoIdToken,
    /// `auth_time` is an hour ago, whatever `max_age` was asked for.
    OldAuthTime,
    /// `userinfo` is about somebody else.
    OtherPersonInUserinfo,
    /// `userinfo` answers 500.
    UserinfoDown,
    /// `userinfo` is a page.
    UserinfoIsHtml,
    /// The browser comes back with another state.
    OtherState,
    /// The browser comes back without any state.
    NoState,
    /// The browser comes back with another issuer's name (RFC 9207).
    OtherIssuerInAnswer,
    /// The browser comes back without the promised issuer's name.
    NoIssuerInAnswer,
    /// The browser comes back with `access_denied`.
    Denied,
    /// The discovery document is another issuer's.
    OtherDiscovery,
    /// Its `jwks_uri` is a cloud's metadata service.
    KeysAtMetadata,
    /// Its authorization endpoint is script.
    ScriptForBrowser,
    /// The discovery document does not end.
    HugeDiscovery,
    /// The discovery document is a page.
    DiscoveryIsHtml,
    /// The discovery document announces HS256 and none only.
    OnlyWeakAlgorithms,
    /// The token endpoint sends on to another address.
    TokenElsewhere,
    /// The token endpoint answers 500.
    TokenDown,
    /// The keys: 503.
    KeysDown,
}
