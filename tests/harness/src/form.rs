//! The first form of a page, as a browser without script sees it.

/// Where a form goes and what it carries by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Its action.
    pub action: String,
    /// Its hidden fields.
    pub hidden: Vec<(String, String)>,
}

/// The first form of `page` that is posted.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn form(page: &str) -> Form {
    let found = page.split("<form").skip(1).find(|part| {
        let tag = part.split('>').next().unwrap_or_default().to_lowercase();
        tag.contains("method=\"post\"")
    });
    let part = found.unwrap_or_else(|| panic!("no form on {page}"));
    let inside = part.split("</form>").next().unwrap_or_default();
    let tag = inside.split('>').next().unwrap_or_default();
    let hidden = inside
        .split("<input")
        .skip(1)
        .filter_map(|input| input.split('>').next())
        .filter(|input| input.contains("type=\"hidden\""))
        .map(|input| (attribute(input, "name"), attribute(input, "value")))
        .collect();
    Form { action: attribute(tag, "action"), hidden }
}

fn attribute(tag: &str, name: &str) -> String {
    let marker = format!(" {name}=\"");
    let value = tag.split(&marker).nth(1).and_then(|rest| rest.split('"').next());
    value.unwrap_or_default().replace("&#x2f;", "/").replace("&amp;", "&")
}
