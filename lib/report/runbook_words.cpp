#include "report/runbook_words.hpp"

namespace backupwatch {
namespace {

constexpr RunbookWords english{
    .title = "Emergency restore of {}",
    .written =
        "Written by backupwatch at {}, and written again after each drill. What is newer "
        "than that is not in it: `backupwatch runbook {}` writes it anew.",
    .when = "When to use it",
    .when_lost =
        "Data of {} is lost or wrong and cannot be put right where it is, or its server "
        "is gone for good.",
    .when_not = "Not for a slow server, a full disk, or a deployment that can be rolled back.",
    .when_cost =
        "The price: what was written after the restore point is lost. The newest proven "
        "one is {} old.",
    .when_unproven =
        "No restore point is proven now: whatever is restored may turn out damaged. "
        "Call whoever can decide that before you begin.",
    .needs = "Prerequisites",
    .needs_shell =
        "A shell with bash on the host of backupwatch, as root or as the user that "
        "backupwatch works as: the commands are typed there, in one session, in order.",
    .needs_programs = "PostgreSQL's own programs of version {} or newer, and zstd.",
    .needs_role =
        "A superuser of the server {}: its name in PGUSER, its password in PGPASSWORD or "
        "in ~/.pgpass. For a new server, set PGHOST and PGPORT before you begin.",
    .needs_room =
        "Room for the dump, unpacked, in /var/tmp (TMPDIR says another place), and for a "
        "second copy of the database on its server.",
    .needs_project =
        "A new project of Supabase (step 3): the password of its database in PGPASSWORD or in "
        "~/.pgpass.",
    .needs_unpacked = "Room for the dump, unpacked, in /var/tmp (TMPDIR says another place).",
    .approvals = "Approvals",
    .approval_of = "{}: {}, {}",
    .no_approvals = "None is configured (`runbook.approvals`).",
    .contacts = "Contacts",
    .no_contacts = "None is configured (`runbook.contacts`).",
    .points = "Restore points",
    .points_head = "| set | restore point | begun | size | proven |\n|---|---|---|---|---|\n",
    .no_points = "There is none.",
    .unread = "What the set {} has is not known: {}",
    .more_points = "{} more, older ones, in {}: `backupwatch list {}`",
    .proven = "**yes**: drilled {}, restored in {}",
    .damaged = "**NO**: its drill failed: {}",
    .unrun = "no: it could not be drilled: {}",
    .undrilled = "no: not drilled yet",
    .not_ours = "no: this set is not drilled, nothing proves that it restores",
    .before_marks =
        "The last proven one before each of these moments. After damage by one of them "
        "take that: the newest may hold the damage already.",
    .before_mark = "{}, {}: {} of {} (begun {})",
    .none_before_mark = "{}, {}: none is proven",
    .last_may_hold =
        "The newest restore point may hold the damage already: take one from before "
        "the damage.",
    .steps = "Steps",
    .ask = "Get the approvals",
    .on = "Maintenance mode on",
    .no_maintenance =
        "Not configured (`runbook.maintenance`): make sure that nothing writes to "
        "the database.",
    .fetch = "Unpack the restore point",
    .fetch_of = "{} of the set {}, begun {}. It is proven.",
    .fetch_unproven = "{} of the set {}, begun {}. **It is not proven**: it may not restore.",
    .other_point =
        "For another one of this set: put its name in the place of this one; the README "
        "in its folder has its own commands.",
    .load = "Load it into a new database",
    .load_note =
        "Nothing that is there is touched: the new database is called {}. That a role "
        "exists already is no harm; a new role has no log-in and no password yet.",
    .load_again =
        "To begin again, {} (it holds nothing but what this step has loaded); then unpack again, "
        "into a new folder.",
    .verify = "Check the new database",
    .verify_counts = "Every command must end without an error, and the numbers must make sense.",
    .swap = "Put it in the place of the old one",
    .swap_note =
        "The old database is kept, closed, as {}: what was written since is only there. "
        "Settings and rights of the database itself (ALTER DATABASE ... SET, GRANT ... ON "
        "DATABASE) are not in a dump: set them again.",
    .swap_roles =
        "On a new server the roles that were made cannot log in yet, so the application cannot: "
        "for "
        "each that it uses, in psql, `ALTER ROLE \"name\" LOGIN;` and `\\password name`. Which "
        "there are: `SELECT rolname FROM pg_roles WHERE NOT rolcanlogin AND rolname !~ '^pg_'`.",
    .off = "Maintenance mode off",
    .pages = "Check the application",
    .page = "{} must answer {}",
    .tracker = "No new errors in {}",
    .no_checks = "Not configured (`runbook.verify`): use the application as a customer does.",
    .provider = "Restore at the provider",
    .provider_point =
        "Open the provider's page of backups, choose the newest restore point before "
        "the damage, and restore it there.",
    .provider_pitr =
        "Where point-in-time recovery is on, choose the minute before the damage "
        "instead.",
    .provider_page = "The page: {}",
    .provider_stretch = "{} restores to any moment from {} to {}.",
    .provider_points = "The newest of {}: {}",
    .provider_point_of = "{} (begun {})",
    .tool = "Restore with the tool that made the backups",
    .tool_folder =
        "The set {} lies in {}; `backupwatch open` looks into one, or takes a table out.",
    .guided = "`backupwatch restore`, the quickest where backupwatch still runs",
    .guided_does =
        "It makes that new database, verifies it as a drill does, never touches the old one, and "
        "ends with the steps by which the new one takes its place. Without `--confirm` it only "
        "shows what would be lost; `--before TIME` in the place of `--backup` takes the newest "
        "from before that moment.",
    .guided_project =
        "Make the new project of that target first. It loads it in one transaction, refuses one "
        "that "
        "is somebody's, verifies it row by row, and ends with the steps by which the application "
        "moves there. Without `--confirm` it only shows what would be lost; `--before TIME` in the "
        "place of `--backup` takes the newest from before that moment.",
    .whole = "Load a file that makes its databases itself into a new server",
    .whole_note =
        "It makes its databases itself (pg_dumpall, `pg_dump -C`), under their own names: it "
        "cannot "
        "be loaded beside the old one. Only into a new, empty server, which PGHOST, PGPORT and "
        "PGUSER name, and never into the old one; then point the application at it.",
    .instead = "Instead of steps {} to {}: {} ({})",
    .instead_of_one = "Instead of step {}: {} ({})",
    .project = "Make a new project at Supabase",
    .project_like =
        "In the region of the old one, with PostgreSQL of the same version or newer. Enable "
        "before anything is loaded what the old one had: extensions, database webhooks, cron. Make "
        "its queues as well.",
    .project_address =
        "Its address is that of its session pooler (Connect, in the dashboard; port 5432): "
        "put it and the user in the place of REGION and PROJECT.",
    .project_load = "Load it into the new project",
    .project_load_note =
        "Roles first: what the project does not let you do is told by name, and is no harm "
        "where it is the platform's. All that follows is one transaction: it is done, or "
        "nothing is.",
    .project_guided =
        "The lists beside this dump are an earlier version's, where commands by hand would stop: "
        "it has none. `backupwatch restore` writes them anew: name the new project among "
        "`restore_targets`, then, with that name, {}.",
    .project_move = "Put back what no dump holds, and move the application",
    .project_move_note =
        "The address and the keys of the new project go where the application has the old "
        "ones. The old project stays as it is.",
    .not_held = "{}: {}",
    .provider_dump =
        "This replaces the database: what is in it now is gone then. If it still answers, take a "
        "dump of it first: {}",
    .watch_moved =
        "If the database is on another server or in another project now, first of all: point what "
        "backupwatch's configuration says of {} (`url`, `project`, `access_token`) at it, then {}. "
        "Until then the old one is dumped and watched, and called proven.",
    .watch_moved_project =
        "First of all: point what backupwatch's configuration says of {} (`url`, `project`, "
        "`access_token`) at the new project, then {}. Until then the old one is dumped and "
        "watched, and called proven.",
    .days = "d",
    .label_before = "before the restore",
    .label_after = "after the restore",
    .watch = "One hour of close watching",
    .watch_pages = "Every ten minutes: the pages above, as a customer.",
    .watch_tracker = "Every ten minutes: {} shows no error that was not there before.",
    .watch_sessions =
        "Every ten minutes: `SELECT state, count(*) FROM pg_stat_activity GROUP BY 1` "
        "shows the usual sessions.",
    .watch_backup = "At once: {}, since the next one is hours away.",
    .watch_back =
        "If it gets worse: maintenance mode on, and back to the old database, which is "
        "kept, with the block below.",
    .watch_back_project =
        "If it gets worse: maintenance mode on, and the application back to the old project, which "
        "is kept.",
    .back = "The way back",
    .back_note =
        "It puts the old database in its place again, and keeps the other one, closed, as {}: what "
        "was written since is only there. Then maintenance mode off.",
    .times = "How long it takes",
    .times_head = "| step | planned | known from |\n|---|---|---|\n",
    .total = "**Total: {}, of {}.**",
    .total_under = "under 1 min",
    .total_measured = " ({} of it measured)",
    .measured = "measured: {} in the drill at {}",
    .attested = "attested by {} on {}",
    .unknown = "unknown: `backupwatch attest {} {} --minutes N --by WHO` when somebody tried it",
    .unmeasured = "unknown: `backupwatch drill {}` measures it",
    .target_met = "The target is met.",
    .target_missed = "**The target is missed.**",
    .target_unknown = "Whether the target is met cannot be told: {} without a time.",
};

constexpr RunbookWords french{
    .title = "Restauration d’urgence de {}",
    .written =
        "Écrit par backupwatch le {}, et réécrit après chaque exercice. Ce qui est plus "
        "récent n’y est pas : `backupwatch runbook {}` l’écrit à nouveau.",
    .when = "Quand s’en servir",
    .when_lost =
        "Des données de {} sont perdues ou fausses et ne peuvent pas être corrigées sur "
        "place, ou son serveur est définitivement perdu.",
    .when_not =
        "Pas pour un serveur lent, un disque plein, ou un déploiement que l’on peut annuler.",
    .when_cost =
        "Le prix : ce qui a été écrit après le point de restauration est perdu. Le plus "
        "récent qui soit prouvé a {}.",
    .when_unproven =
        "Aucun point de restauration n’est prouvé en ce moment : ce que l’on restaure "
        "peut se révéler endommagé. Appelez d’abord qui peut en décider.",
    .needs = "Prérequis",
    .needs_shell =
        "Un shell bash sur la machine de backupwatch, en root ou avec l’utilisateur de "
        "backupwatch : les commandes s’y tapent, dans une seule session, dans l’ordre.",
    .needs_programs = "Les programmes de PostgreSQL en version {} ou plus récente, et zstd.",
    .needs_role =
        "Un superutilisateur du serveur {} : son nom dans PGUSER, son mot de passe dans "
        "PGPASSWORD ou ~/.pgpass. Pour un nouveau serveur, définissez PGHOST et PGPORT "
        "avant de commencer.",
    .needs_room =
        "De la place pour la sauvegarde décompressée dans /var/tmp (TMPDIR en indique une "
        "autre), et pour une seconde copie de la base sur son serveur.",
    .needs_project =
        "Un nouveau projet Supabase (étape 3) : le mot de passe de sa base dans PGPASSWORD ou "
        "~/.pgpass.",
    .needs_unpacked =
        "De la place pour la sauvegarde décompressée dans /var/tmp (TMPDIR en indique une autre).",
    .approvals = "Accords nécessaires",
    .approval_of = "{} : {}, {}",
    .no_approvals = "Aucun n’est configuré (`runbook.approvals`).",
    .contacts = "Contacts",
    .no_contacts = "Aucun n’est configuré (`runbook.contacts`).",
    .points = "Points de restauration",
    .points_head =
        "| jeu | point de restauration | commencé | taille | prouvé |\n"
        "|---|---|---|---|---|\n",
    .no_points = "Il n’y en a aucun.",
    .unread = "Ce que contient le jeu {} n’est pas connu : {}",
    .more_points = "{} autres, plus anciens, dans {} : `backupwatch list {}`",
    .proven = "**oui** : exercice du {}, restauré en {}",
    .damaged = "**NON** : son exercice a échoué : {}",
    .unrun = "non : l’exercice n’a pas pu avoir lieu : {}",
    .undrilled = "non : pas encore d’exercice",
    .not_ours = "non : aucun exercice pour ce jeu, rien ne prouve qu’il se restaure",
    .before_marks =
        "Le dernier qui soit prouvé avant chacun de ces moments. Après un dommage causé "
        "par l’un d’eux, prenez celui-là : le plus récent peut déjà le contenir.",
    .before_mark = "{}, {} : {} du jeu {} (commencé {})",
    .none_before_mark = "{}, {} : aucun n’est prouvé",
    .last_may_hold =
        "Le point le plus récent peut déjà contenir le dommage : prenez-en un "
        "d’avant.",
    .steps = "Étapes",
    .ask = "Obtenir les accords",
    .on = "Mode maintenance activé",
    .no_maintenance =
        "Non configuré (`runbook.maintenance`) : assurez-vous que rien n’écrit dans "
        "la base.",
    .fetch = "Décompresser le point de restauration",
    .fetch_of = "{} du jeu {}, commencé {}. Il est prouvé.",
    .fetch_unproven =
        "{} du jeu {}, commencé {}. **Il n’est pas prouvé** : il peut ne pas se "
        "restaurer.",
    .other_point =
        "Pour un autre de ce jeu : mettez son nom à la place de celui-ci ; le README de "
        "son dossier a ses propres commandes.",
    .load = "Le charger dans une nouvelle base",
    .load_note =
        "Rien de ce qui existe n’est touché : la nouvelle base s’appelle {}. Qu’un rôle "
        "existe déjà n’est pas grave ; un nouveau rôle n’a encore ni connexion ni mot de passe.",
    .load_again =
        "Pour recommencer, {} (elle ne contient que ce que cette étape y a chargé) ; puis "
        "décompressez à nouveau, dans un nouveau dossier.",
    .verify = "Vérifier la nouvelle base",
    .verify_counts =
        "Chaque commande doit se terminer sans erreur, et les nombres être plausibles.",
    .swap = "La mettre à la place de l’ancienne",
    .swap_note =
        "L’ancienne base est conservée, fermée, sous le nom {} : ce qui a été écrit depuis "
        "n’est que là. Les réglages et droits de la base elle-même (ALTER DATABASE ... SET, "
        "GRANT ... ON DATABASE) ne sont pas dans une sauvegarde : refaites-les.",
    .swap_roles =
        "Sur un nouveau serveur, les rôles qui ont été créés ne peuvent pas encore se connecter, "
        "donc l’application non plus : pour chacun qu’elle utilise, dans psql, `ALTER ROLE \"nom\" "
        "LOGIN;` et `\\password nom`. Lesquels : `SELECT rolname FROM pg_roles WHERE NOT "
        "rolcanlogin AND rolname !~ '^pg_'`.",
    .off = "Mode maintenance désactivé",
    .pages = "Vérifier l’application",
    .page = "{} doit répondre {}",
    .tracker = "Aucune nouvelle erreur dans {}",
    .no_checks = "Non configuré (`runbook.verify`) : utilisez l’application comme un client.",
    .provider = "Restaurer chez le fournisseur",
    .provider_point =
        "Ouvrez la page des sauvegardes du fournisseur, choisissez le dernier point "
        "avant le dommage et restaurez-le là.",
    .provider_pitr =
        "Si la restauration à un instant donné (PITR) est active, choisissez plutôt la "
        "minute avant le dommage.",
    .provider_page = "La page : {}",
    .provider_stretch = "{} restaure à tout instant du {} au {}.",
    .provider_points = "Les plus récents de {} : {}",
    .provider_point_of = "{} (commencé {})",
    .tool = "Restaurer avec l’outil qui a fait les sauvegardes",
    .tool_folder =
        "Le jeu {} est dans {} ; `backupwatch open` permet d’y regarder, ou d’en sortir "
        "une table.",
    .guided = "`backupwatch restore`, le plus rapide là où backupwatch fonctionne encore",
    .guided_does =
        "Il crée cette nouvelle base, la vérifie comme un exercice, ne touche jamais à l’ancienne, "
        "et finit par les étapes qui mettent la nouvelle à sa place. Sans `--confirm` il montre "
        "seulement ce qui serait perdu ; `--before TIME` au lieu de `--backup` prend le plus "
        "récent "
        "d’avant cet instant.",
    .guided_project =
        "Créez d’abord le nouveau projet de cette cible. Il le charge en une transaction, refuse "
        "celui de quelqu’un, le vérifie ligne par ligne, et finit par les étapes qui y mènent "
        "l’application. Sans `--confirm` il montre seulement ce qui serait perdu ; `--before TIME` "
        "au lieu de `--backup` prend le plus récent d’avant cet instant.",
    .whole = "Charger dans un nouveau serveur un fichier qui crée lui-même ses bases",
    .whole_note =
        "Elle crée elle-même ses bases (pg_dumpall, `pg_dump -C`), sous leurs propres noms : elle "
        "ne peut pas être chargée à côté de l’ancienne. Seulement dans un nouveau serveur vide, "
        "que "
        "PGHOST, PGPORT et PGUSER désignent, et jamais dans l’ancien ; puis pointez l’application "
        "vers lui.",
    .instead = "Au lieu des étapes {} à {} : {} ({})",
    .instead_of_one = "Au lieu de l’étape {} : {} ({})",
    .project = "Créer un nouveau projet chez Supabase",
    .project_like =
        "Dans la région de l’ancien, avec PostgreSQL en même version ou plus récente. Activez, "
        "avant tout chargement, ce que l’ancien avait : extensions, webhooks de base, cron. Créez "
        "aussi ses files d’attente.",
    .project_address =
        "Son adresse est celle de son pooler de session (Connect, dans le tableau de bord ; port "
        "5432) : mettez-la, et l’utilisateur, à la place de REGION et de PROJECT.",
    .project_load = "Le charger dans le nouveau projet",
    .project_load_note =
        "Les rôles d’abord : ce que le projet ne permet pas est nommé, et n’est pas grave pour ce "
        "qui est à la plateforme. Tout ce qui suit est une seule transaction : tout est fait, ou "
        "rien.",
    .project_guided =
        "Les listes à côté de cette sauvegarde sont d’une version plus ancienne, où des commandes "
        "à la main s’arrêteraient : elle n’en a pas. `backupwatch restore` les écrit à nouveau : "
        "nommez le nouveau projet parmi `restore_targets`, puis, avec ce nom, {}.",
    .project_move = "Remettre ce qu’aucune sauvegarde ne contient, et déplacer l’application",
    .project_move_note =
        "L’adresse et les clés du nouveau projet vont là où l’application a celles de l’ancien. "
        "L’ancien projet reste tel quel.",
    .not_held = "{} : {}",
    .provider_dump =
        "Ceci remplace la base : ce qu’elle contient maintenant est alors perdu. Si elle répond "
        "encore, sauvegardez-la d’abord : {}",
    .watch_moved =
        "Si la base est maintenant sur un autre serveur ou dans un autre projet, avant tout : "
        "pointez vers lui ce que la configuration de backupwatch dit de {} (`url`, `project`, "
        "`access_token`), puis {}. Jusque-là c’est l’ancienne qui est sauvegardée, surveillée et "
        "dite prouvée.",
    .watch_moved_project =
        "Avant tout : pointez vers le nouveau projet ce que la configuration de backupwatch dit de "
        "{} (`url`, `project`, `access_token`), puis {}. Jusque-là c’est l’ancien qui est "
        "sauvegardé, surveillé et dit prouvé.",
    .days = "j",
    .label_before = "avant la restauration",
    .label_after = "après la restauration",
    .watch = "Une heure de surveillance rapprochée",
    .watch_pages = "Toutes les dix minutes : les pages ci-dessus, comme un client.",
    .watch_tracker = "Toutes les dix minutes : {} ne montre aucune erreur nouvelle.",
    .watch_sessions =
        "Toutes les dix minutes : `SELECT state, count(*) FROM pg_stat_activity GROUP "
        "BY 1` montre les sessions habituelles.",
    .watch_backup = "Tout de suite : {}, car la prochaine est dans des heures.",
    .watch_back =
        "Si cela empire : mode maintenance activé, et retour à l’ancienne base, qui est "
        "conservée, par le bloc ci-dessous.",
    .watch_back_project =
        "Si cela empire : mode maintenance activé, et retour de l’application à l’ancien projet, "
        "qui est conservé.",
    .back = "Le retour en arrière",
    .back_note =
        "Il remet l’ancienne base à sa place et conserve l’autre, fermée, sous le nom {} : ce qui "
        "a "
        "été écrit depuis n’est que là. Puis mode maintenance désactivé.",
    .times = "Combien de temps cela prend",
    .times_head = "| étape | prévu | connu par |\n|---|---|---|\n",
    .total = "**Total : {}, sur {}.**",
    .total_under = "moins d’une minute",
    .total_measured = " (dont {} mesurées)",
    .measured = "mesuré : {} dans l’exercice du {}",
    .attested = "attesté par {} le {}",
    .unknown =
        "inconnu : `backupwatch attest {} {} --minutes N --by WHO` quand quelqu’un l’a "
        "essayé",
    .unmeasured = "inconnu : `backupwatch drill {}` le mesure",
    .target_met = "L’objectif est tenu.",
    .target_missed = "**L’objectif est manqué.**",
    .target_unknown = "On ne peut pas dire si l’objectif est tenu : {} sans durée connue.",
};

}  // namespace

const RunbookWords& runbook_words(RunbookSettings::Language language) {
    return language == RunbookSettings::Language::fr ? french : english;
}

std::string filled(std::string_view sentence, std::initializer_list<std::string> values) {
    std::string text;
    for (const std::string& value : values) {
        const std::size_t place = sentence.find("{}");
        if (place == std::string_view::npos) break;
        text += std::string(sentence.substr(0, place)) + value;
        sentence.remove_prefix(place + 2);
    }
    return text + std::string(sentence);
}

}  // namespace backupwatch
