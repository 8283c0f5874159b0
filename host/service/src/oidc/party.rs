//! Us, as an issuer's client: openidconnect's types with every claim kept.

use super::known::Known;
use domain::fault::Fault;
use domain::providers::Issuer;
use domain::secret::Secret;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthType, Client, ClientId, ClientSecret, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims, IdTokenFields,
    RedirectUrl, StandardErrorResponse, StandardTokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use super::faults::misset;

/// Claims that the specification does not name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Others {
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

impl AdditionalClaims for Others {}

/// An ID token.
pub(super) type Token =
    IdToken<Others, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
/// What a verified one says.
pub(super) type TokenClaims = IdTokenClaims<Others, CoreGenderClaim>;
/// What the userinfo endpoint says.
pub(super) type PersonClaims = UserInfoClaims<Others, CoreGenderClaim>;

type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
/// What the token endpoint answers.
pub(super) type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
/// What it answers instead.
pub(super) type Refusal = StandardErrorResponse<CoreErrorResponseType>;

/// Us.
pub(super) type Party = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    Refusal,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Us at one issuer. Without a client secret we are a public client, which PKCE protects.
pub(super) fn party(
    known: &Known,
    issuer: &Issuer,
    secret: Option<&Secret>,
    callback_url: &str,
) -> Result<Party, Fault> {
    let back = RedirectUrl::new(callback_url.to_owned())
        .map_err(|_cause| misset("callback", "our own address is none"))?;
    let how = how_we_prove(known, secret.is_some())?;
    let secret = secret.map(|secret| ClientSecret::new(secret.expose().clone()));
    let id = ClientId::new(issuer.client_id.clone());
    let party = Party::from_provider_metadata(known.metadata.clone(), id, secret);
    Ok(party.set_redirect_uri(back).set_auth_type(how))
}

/// How the client secret is shown: the way the issuer announces, and by its own words `client_secret_basic`
/// where it announces nothing.
pub(super) fn how_we_prove(known: &Known, has_secret: bool) -> Result<AuthType, Fault> {
    let announced = known.metadata.token_endpoint_auth_methods_supported();
    let takes = |way: &CoreClientAuthMethod| announced.is_none_or(|ways| ways.contains(way));
    if !has_secret || takes(&CoreClientAuthMethod::ClientSecretBasic) {
        return Ok(AuthType::BasicAuth);
    }
    if takes(&CoreClientAuthMethod::ClientSecretPost) {
        return Ok(AuthType::RequestBody);
    }
    let words = "the issuer takes no client secret, neither in a header nor in a form";
    Err(misset("client-auth", words))
}
