//! What a guest sees between the link and the first film.

use super::{flows, words};
use crate::access::{Holder, Reply};
use crate::api::signups::{apply, id, progress as look};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use crate::kit::query::Pairs;
use crate::wording;
use domain::flows::FlowPurpose;
use domain::ids::ProviderId;
use domain::invites::AskEmail;
use domain::role::Admin;
use domain::signups::{SignupState, Why};
use service::addresses::{self, AddressView};
use service::invites::{self, Offer};
use service::sessions::{self, Epoch, Keep, Proof};
use service::signups::{self, Accepted, Progress, Stage, Standing, StepProgress};
use views::Arg;
use views::invites::AskEmail as Asked;
use views::join as pages;

/// `GET /j/{code}`
pub async fn short(ctx: Ctx) -> Reply {
    let segment =
        percent_encoding::utf8_percent_encode(ctx.part("code"), percent_encoding::NON_ALPHANUMERIC);
    Ok(ctx.go(&format!("/invite/{segment}")))
}

async fn offer(ctx: &Ctx) -> Result<Offer, Failure> {
    Ok(invites::offer(ctx.service(), ctx.part("code"), &ctx.caller()).await?)
}

/// `GET /invite/{code}`: changes nothing.
pub async fn invite(ctx: Ctx) -> Reply {
    let offer = offer(&ctx).await?;
    let standing = standing(&ctx, &offer).await?;
    let page = pages::InvitePage {
        code: offer.code.to_string(),
        invited_by: invited_by(offer.invited_by),
        grants: offer.grants.into_iter().map(|grant| grant.label).collect(),
        expires_at: offer.expires_at,
        account_days: offer.account_lifetime.and_then(words::days),
        require_approval: offer.require_approval,
        ways: first_ways(&standing),
    };
    frame::page(&ctx, &page)
}

fn first_ways(standing: &Standing) -> Vec<pages::FirstWay> {
    let open = standing.ways.iter().filter(|_| standing.proved.is_none());
    open.map(|way| pages::FirstWay { id: way.provider.to_string(), label: way.label.clone() })
        .collect()
}

/// How far this browser is with an invite.
async fn standing(ctx: &Ctx, offer: &Offer) -> Result<Standing, Failure> {
    Ok(signups::standing(ctx.service(), offer, ctx.flow().as_ref()).await?)
}

/// `POST /invite/{code}/with/{provider}`: to a backend that invites, to sign up as who one is there.
pub async fn with(ctx: Ctx) -> Reply {
    let offer = offer(&ctx).await?;
    let id = flows::provider_of(&ctx)?;
    let standing = standing(&ctx, &offer).await?;
    if !standing.ways.iter().any(|way| way.provider == id) {
        return Err(Failure::of(Code::NotFound));
    }
    flows::send_away(&ctx, &id, FlowPurpose::SignUp { invite: offer.code }).await
}

/// A name; none for an invite that was made at the console, where nobody has one.
fn invited_by(name: String) -> Option<String> {
    Some(name).filter(|name| !name.is_empty() && name != Admin::at_the_console().name())
}

const fn asked(ask: AskEmail) -> Asked {
    match ask {
        AskEmail::None => Asked::None,
        AskEmail::Optional => Asked::Optional,
        AskEmail::Required => Asked::Required,
    }
}

/// Who they are there, in words.
fn known(standing: &Standing) -> Option<pages::Known> {
    let who = standing.proved.as_ref()?;
    let way = standing.ways.iter().find(|way| way.backend.as_str() == who.key.issuer);
    let name = Some(&who.display_name).filter(|name| !name.is_empty());
    Some(pages::Known {
        label: way.map_or_else(|| who.key.issuer.clone(), |way| way.label.clone()),
        name: name.or(who.login_name.as_ref()).unwrap_or(&who.key.subject).clone(),
    })
}

fn signup_page(
    ctx: &Ctx,
    offer: &Offer,
    standing: &Standing,
    typed: Option<&Pairs>,
) -> pages::SignupPage {
    let proved = standing.proved.as_ref();
    let value = |name: &str| typed.and_then(|form| form.get(name)).map(str::to_owned);
    let help = ctx.service().settings().settings.texts.help.clone();
    let rule = offer.name_rules.join("; ");
    let rule = || ctx.text("signup-name-rule", &[("rule", Arg::Text(&rule))]);
    pages::SignupPage {
        code: offer.code.to_string(),
        username: value("username").or_else(|| proved?.login_name.clone()).unwrap_or_default(),
        email: value("email")
            .or_else(|| offer.email.clone())
            .or_else(|| proved?.email.clone())
            .unwrap_or_default(),
        ask_email: asked(standing.ask_email),
        ways: first_ways(standing),
        known: known(standing),
        ask_password: standing.needs_password,
        name_rule: (!offer.name_rules.is_empty()).then(rule),
        password_rules: words::password_rules(ctx, &offer.password),
        help: Some(help).filter(|text| !text.is_empty()),
        problems: Vec::new(),
    }
}

/// `GET /invite/{code}/join`: the browser gets with the form what makes a double click one sign-up.
pub async fn form(ctx: Ctx) -> Reply {
    let offer = offer(&ctx).await?;
    let standing = standing(&ctx, &offer).await?;
    let page = frame::page(&ctx, &signup_page(&ctx, &offer, &standing, None))?;
    let held = ctx.signup_token();
    Ok(match signups::token_for(ctx.service(), held.as_ref()).await? {
        Some(token) => ctx.hand_over_signup(page, &token),
        None => page,
    })
}

/// `POST /invite/{code}/join`
pub async fn accept(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let sent = Input::default()
        .with("username", form.get("username"))
        .put("password", form.get("password").unwrap_or_default())
        .with("email", form.get("email"));
    let epoch = sessions::epoch(ctx.service()).await?;
    match apply(&ctx, sent).await {
        // What the flow has proved is the sign-up's now.
        Ok(accepted) => Ok(ctx.take_back_flow(welcome(&ctx, &accepted, epoch).await?)),
        Err(failure) => match offer(&ctx).await {
            Ok(offer) => {
                let standing = standing(&ctx, &offer).await?;
                let page = signup_page(&ctx, &offer, &standing, Some(&form));
                words::again(&ctx, failure, |problems| pages::SignupPage { problems, ..page })
            }
            // What went wrong first is what is told.
            Err(_closed) => Err(failure),
        },
    }
}

/// On to the progress, signed in where everything is there, nobody else is in this browser and the form
/// came for the first time: its cookie outlives a sign-out, and whoever sends it again is asked to sign in.
async fn welcome(ctx: &Ctx, accepted: &Accepted, epoch: Epoch) -> Reply {
    let there = format!("/signup/{}", accepted.progress.id);
    let answer = ctx.hand_over_signup(ctx.go(&there), &accepted.token);
    let done = accepted.progress.steps.iter().find(|step| step.stage.is_there());
    let provider = done.and_then(|step| ProviderId::parse(step.backend.as_str()).ok());
    match (&accepted.user, provider, &ctx.viewer) {
        (Some(user), Some(provider), None) if !accepted.is_repeated => {
            let caller = ctx.caller();
            let proof = Proof::single(user.id.clone(), provider, epoch);
            let begun = sessions::begin(ctx.service(), proof, Keep::UntilClosed, &caller).await;
            // The account is there; that they must type the password once more is no failure.
            Ok(match begun {
                Ok(begun) => ctx.hand_over(answer, &begun),
                Err(_refused) => answer,
            })
        }
        _ => Ok(answer),
    }
}

/// `GET /signup/{id}`: reloads itself until it is settled.
pub async fn progress(ctx: Ctx, holder: Holder) -> Reply {
    let progress = look(&ctx, &id(&ctx)?, &holder).await?;
    match progress.state {
        SignupState::Provisioning => frame::page(&ctx, &working(&ctx, progress, None)),
        SignupState::WaitingApproval => {
            let page = working(&ctx, progress, None);
            let approval = pages::Approval::Waiting;
            frame::page(&ctx, &pages::ProgressPage { approval, refresh_seconds: 20, ..page })
        }
        SignupState::Undone if is_refused(&progress) => frame::page(&ctx, &refused(progress)),
        SignupState::Undone => {
            let again = format!("/invite/{}", progress.invite);
            frame::page(&ctx, &working(&ctx, progress, Some(again)))
        }
        SignupState::Complete | SignupState::Partial => {
            let to_confirm = to_confirm(&ctx, &progress.username).await;
            frame::page(&ctx, &pages::SuccessPage { to_confirm, ..success(&ctx, progress) })
        }
    }
}

const fn is_refused(progress: &Progress) -> bool {
    matches!(progress.undone, Some(Why::Refused { .. }))
}

/// The answer that an admin gave; the invite is as it was before.
fn refused(progress: Progress) -> pages::ProgressPage {
    let word = match progress.undone {
        Some(Why::Refused { word }) => Some(word).filter(|word| !word.is_empty()),
        Some(Why::Taken { .. } | Why::NotAccepted { .. } | Why::Failed) | None => None,
    };
    pages::ProgressPage {
        steps: Vec::new(),
        refresh_seconds: 0,
        settled: true,
        again: None,
        approval: pages::Approval::Refused,
        word,
    }
}

fn message(ctx: &Ctx, step: &StepProgress) -> Option<String> {
    step.fault.as_ref().map(|fault| wording::fault_text(ctx, fault))
}

fn working(ctx: &Ctx, progress: Progress, again: Option<String>) -> pages::ProgressPage {
    let step = |step: StepProgress| pages::ProgressStep {
        message: message(ctx, &step),
        label: step.label,
        state: match step.stage {
            Stage::Waiting => pages::StepState::Waiting,
            Stage::Working => pages::StepState::Working,
            Stage::Done => pages::StepState::Done,
            Stage::Invited => pages::StepState::Invited,
            Stage::Later => pages::StepState::Later,
            Stage::Failed => pages::StepState::Failed,
        },
    };
    let later = progress.steps.iter().any(|step| step.stage == Stage::Later);
    pages::ProgressPage {
        steps: progress.steps.into_iter().map(step).collect(),
        refresh_seconds: if later { 15 } else { 2 },
        settled: again.is_some(),
        again,
        approval: pages::Approval::None,
        word: None,
    }
}

fn success(ctx: &Ctx, progress: Progress) -> pages::SuccessPage {
    let username = progress.username;
    let place = |step: StepProgress| pages::Place {
        message: message(ctx, &step),
        label: step.label,
        url: step.public_url.as_ref().map(url::Url::to_string),
        login_name: step.login_name.filter(|name| *name != username),
        invited: step.stage == Stage::Invited,
        later: matches!(step.stage, Stage::Waiting | Stage::Working | Stage::Later),
    };
    let text = ctx.service().settings().settings.texts.success.clone();
    pages::SuccessPage {
        text: Some(text).filter(|text| !text.is_empty()),
        places: progress.steps.into_iter().map(place).collect(),
        username,
        to_confirm: None,
    }
}

/// The address that whoever signed up has yet to confirm, where a mail can ask them to.
async fn to_confirm(ctx: &Ctx, username: &str) -> Option<String> {
    let user = &ctx.viewer.as_ref()?.user;
    if user.username.as_str() != username || words::sender(ctx).is_none() {
        return None;
    }
    let AddressView { address, pending } = addresses::of(ctx.service(), &user.id).await.ok()?;
    let asked = pending.map(|pending| pending.address);
    let given = address.filter(|email| !email.confirmed).map(|email| email.address);
    asked.or(given).map(Into::into)
}
