//! Form bodies: `multipart/form-data` and `application/x-www-form-urlencoded`, read strictly.

use crate::loopback::Asked;

/// One field.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) is_file: bool,
    pub(super) value: Vec<u8>,
}

impl Field {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// The fields of a request; none where its body is not what it says it is.
pub(super) fn read(asked: &Asked) -> Option<Vec<Field>> {
    let kind = asked.header("content-type");
    if kind.starts_with("application/x-www-form-urlencoded") {
        let pairs = form_urlencoded::parse(&asked.body).into_owned();
        let field =
            |(name, value): (String, String)| Field { name, is_file: false, value: value.into() };
        return Some(pairs.map(field).collect());
    }
    let boundary = kind.strip_prefix("multipart/form-data;")?.split_once("boundary=")?.1;
    multipart(&asked.body, boundary.trim().trim_matches('"'))
}

fn multipart(body: &[u8], boundary: &str) -> Option<Vec<Field>> {
    let mark = format!("--{boundary}");
    let mut rest = body.strip_prefix(mark.as_bytes())?;
    let next = format!("\r\n--{boundary}");
    let mut fields = Vec::new();
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            return (end == b"\r\n" || end.is_empty()).then_some(fields);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let (part, after) = cut(rest, next.as_bytes())?;
        let (head, value) = cut(part, b"\r\n\r\n")?;
        fields.push(field(std::str::from_utf8(head).ok()?, value)?);
        rest = after;
    }
}

fn field(head: &str, value: &[u8]) -> Option<Field> {
    let line = head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case("content-disposition").then(|| value.trim())
    })?;
    let mut parameters = line.strip_prefix("form-data;")?.split(';').map(str::trim);
    let name =
        parameters.clone().find_map(|one| one.strip_prefix("name="))?.trim_matches('"').to_owned();
    let is_file = parameters.any(|one| one.starts_with("filename="));
    Some(Field { name, is_file, value: value.to_vec() })
}

fn cut<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((bytes.get(..at)?, bytes.get(at + mark.len()..)?))
}
