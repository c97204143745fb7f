// Rows that a session writes in a form of its own, in what `supabase db dump` left: compared where
// the form is one of few, so that a trigger which rewrites them is found, and excused where not.
#include "foreign_drill_fixture.hpp"
#include "supabase_fixture.hpp"

namespace backupwatch {
namespace {

class FormsOfSupabase : public ForeignDrill {
  protected:
    FormsOfSupabase() {
        server_.execute_file("shop", supabase_layout);
        server_.execute(
            "shop",
            "CREATE TABLE public.pictures (name text, content bytea);"
            "INSERT INTO public.pictures SELECT 'picture ' || n, '\\x00ff' "
            "FROM generate_series(1, 9) n;"
            "CREATE TABLE public.avatars (name text, content bytea);"
            "INSERT INTO public.avatars SELECT 'avatar ' || n FROM generate_series(1, 7) n;"
            "CREATE TABLE public.prices (name text, price money);"
            "INSERT INTO public.prices SELECT 'price ' || n, 1234.5 * n FROM generate_series(1, 5) "
            "n"
        );
    }

    void dump_files(const std::string& name) {
        run("PGTZ=UTC PGHOST='" + server_.socket_folder().string() + "' PGUSER=postgres PATH='" +
            server_.bin().string() +
            "':$PATH " SOURCE_DIR "/tests/support/supabase_db_dump.sh shop '" +
            (folder_ / name).string() + "' ''");
    }
    /// Once it is restored: no other trigger fires while rows are loaded.
    void rewrite_names_of(const std::string& table) {
        server_.execute(
            "shop",
            "CREATE OR REPLACE FUNCTION public.rename() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.name = upper(NEW.name); RETURN NEW; END $$;"
            "CREATE TRIGGER renames BEFORE INSERT ON public." +
                table + " FOR EACH ROW EXECUTE FUNCTION public.rename(); ALTER TABLE public." +
                table + " ENABLE ALWAYS TRIGGER renames"
        );
    }
};

TEST_F(FormsOfSupabase, D15_bytes_are_compared_in_whichever_form_they_were_written) {
    server_.execute("shop", "ALTER DATABASE shop SET bytea_output = 'escape'");
    dump_files("escaped");
    const DrillReport escaped = drill("escaped");
    EXPECT_EQ(escaped.result, DrillOutcome::Result::passed) << errors_of(escaped);
    for (const char* table : {"content of public.pictures", "content of public.avatars"}) {
        EXPECT_EQ(skipped_of(escaped).find(table), std::string::npos) << skipped_of(escaped);
    }

    rewrite_names_of("pictures");
    rewrite_names_of("avatars");
    dump_files("rewritten");
    const DrillReport rewritten = drill("rewritten");
    EXPECT_EQ(rewritten.result, DrillOutcome::Result::failed);
    for (const char* error :
         {"public.pictures: 9 rows, but their content differs",
          "public.avatars: 7 rows, but their content differs"}) {
        EXPECT_NE(errors_of(rewritten).find(error), std::string::npos) << errors_of(rewritten);
    }
}

TEST_F(FormsOfSupabase, D15_money_of_another_country_is_excused_though_some_of_it_looks_like_ours) {
    server_.execute("shop", "INSERT INTO public.prices VALUES ('refund of $5.00', -1234.5)");
    dump_files("night");
    // As lc_monetary = en_SG writes it, and every PostgreSQL reads it.
    run("sed -i 's/-\\(\\$[0-9,.]*\\)/(\\1)/' '" + (folder_ / "night").string() + "'/*.sql");
    run("grep -q '(\\$1,234.50)' '" + (folder_ / "night").string() + "'/*.sql");

    const DrillReport night = drill("night");

    EXPECT_EQ(night.result, DrillOutcome::Result::passed) << errors_of(night);
    EXPECT_NE(skipped_of(night).find("content of public.prices"), std::string::npos)
        << skipped_of(night);
}

}  // namespace
}  // namespace backupwatch
