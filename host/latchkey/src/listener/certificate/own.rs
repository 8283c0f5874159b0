//! Our own certificate: made once, kept in the data folder, made again in time.

use crate::listener::certificate::pair::{self, BadCertificate, Pair};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Browsers refuse longer ones: 398 days (CA/Browser Forum's baseline of 2020).
const LIFE_DAYS: i64 = 397;
/// It is made again this long before its end.
const RENEW_DAYS: i64 = 30;

/// The pair of the folder, or a new one where it is missing, broken, ends soon or lacks one of `names`.
pub(crate) fn read_or_make(
    folder: &Path,
    (names, also): (&[String], &[String]),
    now: Timestamp,
) -> Result<Pair, BadCertificate> {
    let (certificate, key) = (folder.join("self-signed.pem"), folder.join("self-signed.key"));
    if certificate.exists() && key.exists() {
        match pair::read(&certificate, &key, now) {
            Ok(pair)
                if !pair.ends_within(RENEW_DAYS, now)
                    && names.iter().all(|name| pair.covers(name)) =>
            {
                return Ok(pair);
            }
            Ok(_) => tracing::info!("the self-signed certificate is renewed"),
            Err(bad) => tracing::warn!(%bad, "the self-signed certificate is made again"),
        }
    }
    let mut all = [also, names].concat();
    all.sort();
    all.dedup();
    make(folder, &all, now)?;
    pair::read(&certificate, &key, now)
}

fn make(folder: &Path, names: &[String], now: Timestamp) -> Result<(), BadCertificate> {
    let odd =
        |cause: rcgen::Error| BadCertificate::new(folder, format!("it could not be made: {cause}"));
    let mut params = CertificateParams::new(names).map_err(odd)?;
    params.distinguished_name.push(DnType::CommonName, "Latchkey");
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    params.key_usages.push(KeyUsagePurpose::DigitalSignature);
    // A day of grace for machines whose clock is behind.
    let day = |moment: Timestamp| {
        let date = moment.to_zoned(TimeZone::UTC).date();
        rcgen::date_time_ymd(
            i32::from(date.year()),
            u8::try_from(date.month()).unwrap_or(1),
            u8::try_from(date.day()).unwrap_or(1),
        )
    };
    let far = |days: i64| now.checked_add((days * 24).hours()).unwrap_or(now);
    params.not_before = day(far(-1));
    params.not_after = day(far(LIFE_DAYS - 1));
    let key = KeyPair::generate().map_err(odd)?;
    let certificate = params.self_signed(&key).map_err(odd)?;
    let unwritten = |cause: std::io::Error| {
        BadCertificate::new(folder, format!("it could not be written: {cause}"))
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).map_err(unwritten)?;
    // The key first: a certificate without its key is made again, a key alone harms nobody.
    write(folder, "self-signed.key", (&key.serialize_pem(), 0o600)).map_err(unwritten)?;
    write(folder, "self-signed.pem", (&certificate.pem(), 0o644)).map_err(unwritten)
}

/// Whole or not at all.
fn write(folder: &Path, name: &str, (text, mode): (&str, u32)) -> std::io::Result<()> {
    let draft = folder.join(format!("{name}.new"));
    if draft.exists() {
        std::fs::remove_file(&draft)?;
    }
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, folder.join(name))
}
