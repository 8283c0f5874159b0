//! Handing a message over: MAIL, RCPT, DATA, and whose fate is what.
//!
//! A 4xx is `deferred`, a 5xx is `refused`, each in words. Until the final dot is on its way nothing
//! can have been taken, so that whatever breaks before may be repeated; after it, an answer that does
//! not come is `outcome-unknown`.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::fault_of;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::notify::{Address, Fate, Message, Receipt};

use crate::content::{self, Content};
use crate::explain::{self, Moment};
use crate::offered::Offered;
use crate::reply::{Class, Reply};
use crate::server::Server;
use crate::session::Session;

/// Hands a message over; one receipt a recipient, in the message's order.
///
/// # Errors
/// What is about all of them: an address or message the server cannot take, a connection that broke.
pub fn deliver<L: Lent>(
    session: &mut Session<'_, L>,
    message: &Message,
    server: &Server,
) -> Result<Vec<Receipt>, Fault> {
    let content = Content::of(&message.mime);
    if let Some(largest) = session.offered.largest()
        && content.size > largest
    {
        session.talk.leave();
        let detail =
            format!("the message has {} bytes and the server takes {largest}", content.size);
        return Ok(message
            .recipients
            .iter()
            .map(|to| receipt(to, Fate::Refused, &detail))
            .collect());
    }
    let is_plain = !session.offered.has("SMTPUTF8");
    if is_plain && !is_wide(&message.sender) && message.recipients.iter().all(is_wide) {
        session.talk.leave();
        return Ok(message.recipients.iter().map(|to| receipt(to, Fate::Refused, WIDE)).collect());
    }
    let sender = sender_line(message, &content, &session.offered)?;
    let answer = session.talk.say(&sender)?;
    if answer.class() != Class::Done {
        session.talk.leave();
        return Ok(all(&message.recipients, Moment::Sender, &answer, server));
    }
    let mut receipts = Vec::new();
    for to in &message.recipients {
        receipts.push(recipient(session, to, server)?);
    }
    if receipts.iter().any(|receipt| receipt.fate == Fate::Accepted) {
        let answer = data(session, &content)?;
        settle(&mut receipts, &answer, server);
    }
    session.talk.leave();
    Ok(receipts)
}

/// MAIL FROM with what the message needs; a server that does not offer a thing is not asked for it.
fn sender_line(message: &Message, content: &Content, offered: &Offered) -> Result<String, Fault> {
    let sender = content::path(&message.sender.email).map_err(|fault| fault.about("sender"))?;
    let mut line = format!("MAIL FROM:<{sender}>");
    if offered.has("SIZE") {
        line.push_str(&format!(" SIZE={}", content.size));
    }
    if content.eight_bit {
        if !offered.has("8BITMIME") {
            return Err(cannot(
                "the server takes plain ASCII only, and the message has other bytes",
            ));
        }
        line.push_str(" BODY=8BITMIME");
    }
    // A wide recipient is asked for only where this was said, and refused by us otherwise.
    if content.wide_header || is_wide(&message.sender) || message.recipients.iter().any(is_wide) {
        if offered.has("SMTPUTF8") {
            line.push_str(" SMTPUTF8");
        } else if content.wide_header || is_wide(&message.sender) {
            return Err(cannot(
                "the server takes no letters beyond ASCII in addresses and headers",
            ));
        }
    }
    Ok(line)
}

/// What is said of a recipient whom only a server of RFC 6531 could reach: nobody's fault but the address's.
const WIDE: &str = "the server takes no letters beyond ASCII in addresses";

fn is_wide(address: &Address) -> bool {
    !address.email.is_ascii()
}

fn cannot(detail: &str) -> Fault {
    Fault::new(Kind::Unsupported, "mail-smtp.ascii-only", detail)
}

fn recipient<L: Lent>(
    session: &mut Session<'_, L>,
    to: &Address,
    server: &Server,
) -> Result<Receipt, Fault> {
    let path = match content::path(&to.email) {
        Ok(path) => path,
        Err(fault) => return Ok(receipt(to, Fate::Refused, &fault.detail)),
    };
    if !path.is_ascii() && !session.offered.has("SMTPUTF8") {
        return Ok(receipt(to, Fate::Refused, WIDE));
    }
    let answer = session.talk.say(&format!("RCPT TO:<{path}>"))?;
    Ok(verdict(to, Moment::Recipient, &answer, server))
}

/// The whole of DATA. What may be repeated and what not is decided by the final dot.
fn data<L: Lent>(session: &mut Session<'_, L>, content: &Content) -> Result<Reply, Fault> {
    let go = session.talk.say("DATA")?;
    match go.class() {
        Class::GoOn => {}
        Class::Later | Class::Never => return Ok(go),
        // It has nothing yet, whatever it says yes to.
        Class::Done => return Err(out_of_turn(&go)),
    }
    let shown = format!("({} bytes of message)", content.bytes.len());
    if let Err(lost) = session.talk.write(&content.bytes, &shown) {
        // A server that hangs up in the middle often says why first.
        let last_words = session.talk.listen().ok().filter(|reply| reply.code >= 400);
        return last_words.ok_or_else(|| fault_of(&lost, false));
    }
    session.talk.be_patient_for(u32::MAX);
    session.talk.write(b".\r\n", ".").map_err(|lost| {
        if lost.maybe_sent { unanswered(&lost.detail) } else { fault_of(&lost, false) }
    })?;
    let answer = session.talk.listen().map_err(|fault| unanswered(&fault.detail))?;
    if answer.class() == Class::GoOn { Err(unanswered(&answer.words())) } else { Ok(answer) }
}

fn out_of_turn(answer: &Reply) -> Fault {
    let detail = format!("the server does not ask for the message: \"{}\"", answer.words());
    Fault::new(Kind::Unavailable, "mail-smtp.out-of-turn", detail).status(answer.code)
}

fn unanswered(why: &str) -> Fault {
    let detail =
        format!("the message was handed over and the server did not say whether it has it: {why}");
    Fault::new(Kind::OutcomeUnknown, "mail-smtp.unanswered", detail)
}

/// The answer to DATA is everybody's whom the server took.
fn settle(receipts: &mut [Receipt], answer: &Reply, server: &Server) {
    for receipt in receipts.iter_mut().filter(|receipt| receipt.fate == Fate::Accepted) {
        receipt.fate = fate(answer);
        if receipt.fate == Fate::Accepted {
            receipt.remote_id = answer.queue_id();
            receipt.detail = answer.words();
        } else {
            receipt.detail = explain::words(Moment::Data, answer, server);
        }
    }
}

fn all(to: &[Address], moment: Moment, answer: &Reply, server: &Server) -> Vec<Receipt> {
    to.iter().map(|to| verdict(to, moment, answer, server)).collect()
}

fn verdict(to: &Address, moment: Moment, answer: &Reply, server: &Server) -> Receipt {
    match fate(answer) {
        Fate::Accepted => receipt(to, Fate::Accepted, &answer.words()),
        fate => receipt(to, fate, &explain::words(moment, answer, server)),
    }
}

fn fate(answer: &Reply) -> Fate {
    match answer.class() {
        Class::Done => Fate::Accepted,
        Class::Later => Fate::Deferred,
        Class::GoOn | Class::Never => Fate::Refused,
    }
}

fn receipt(to: &Address, fate: Fate, detail: &str) -> Receipt {
    Receipt { recipient: to.email.clone(), fate, remote_id: None, detail: detail.to_owned() }
}
