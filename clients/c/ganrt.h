/* ganrt.h: what a game client needs of ganrt, in one header: the latents of latent spec 1 with the same bits as
 * everywhere else, an identity's index, paths between latents, and the fields of spec.json.
 *
 * C99 or C++17, the standard library only. Nothing allocates, there is no global state, and every function may be
 * called from any thread. Link with -lm where ganrt_slerp is used.
 *
 *     #include "ganrt.h"
 *
 *     ganrt_law law;
 *     uint64_t index;
 *     float z[100]; // of a model with 100 dimensions: spec.dim says how many
 *     if (ganrt_law_make(&law, GANRT_NORMAL, GANRT_NO_THRESHOLD, 1.0, GANRT_SCALE) != GANRT_OK) ...
 *     if (ganrt_identity("player-8841", 11, NULL, 0, &index) != GANRT_OK) ...
 *     if (ganrt_latent(&law, 0, index, GANRT_STREAM_Z, z, 100) != GANRT_OK) ...
 *
 * **Build flags.** Multiplications and additions must stay apart: pass -ffp-contract=off to gcc and clang (clang and
 * MSVC also obey this header's pragmas; gcc does not), never -ffast-math or /fp:fast, and -msse2 -mfpmath=sse on
 * 32-bit x86. The preprocessor refuses what it can see of this; the rest every function that draws finds out by itself
 * and answers GANRT_BAD_BUILD, as ganrt_check() does: call that once at the start.
 *
 * The specification is docs/latent-spec.md; its sections are named below. Licence: Apache 2.0, as ganrt's own. */
#ifndef GANRT_H
#define GANRT_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* gcc and clang go on after an #error, here for thousands of lines: a file that is not there ends them. */
#if defined(__FAST_MATH__) || defined(_M_FP_FAST)
#error "ganrt.h: built with -ffast-math or /fp:fast, expected exact arithmetic; leave that flag out for this file (Unreal: FPSemantics = FPSemanticsMode.Precise in Build.cs; MSVC: /fp:precise)"
#include "leave out -ffast-math"
#endif
#if defined(__cplusplus) && __cplusplus < 201703L && defined(__STRICT_ANSI__) && defined(__GNUC__) && !defined(__clang__)
#error "ganrt.h: expected C++17, or C99: this C++ has no hexadecimal floating-point numbers; pass -std=c++17 or -std=gnu++14"
#include "pass -std=c++17"
#endif
#if !defined(FLT_EVAL_METHOD)
#error "ganrt.h: expected C99 or C++17, or later; this <float.h> has no FLT_EVAL_METHOD: pass -std=c99 or -std=c++17"
#include "pass -std=c99"
#elif FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16 /* 16: only half floats are widened */
#error "ganrt.h: float and double are computed wider than they are; on 32-bit x86 pass -msse2 -mfpmath=sse"
#include "pass -msse2 -mfpmath=sse"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(_MSC_VER)
#pragma fp_contract(off)
#endif

#define GANRT_LATENT_SPEC 1
#define GANRT_NO_THRESHOLD HUGE_VAL
#define GANRT_MAX_DIM (UINT64_C(1) << 34)
#define GANRT_MAX_PARTS 64

typedef enum {
    GANRT_OK = 0,
    GANRT_BAD_ARGUMENT, /* outside what docs/latent-spec.md allows: nothing is clamped */
    GANRT_BAD_TEXT,     /* not well-formed UTF-8 */
    GANRT_BAD_BUILD,    /* fused or inexact arithmetic: mend the build flags */
    GANRT_BAD_SPEC,     /* not a spec.json of ganrt, or a damaged one */
    GANRT_NEWER_SPEC    /* a spec.json or latents of a newer kind than this header knows: update the header */
} ganrt_status;

/* GANRT_PARTS: of a spec, several in one latent; GANRT_ONEHOT: of such a part, a choice. */
typedef enum { GANRT_NORMAL, GANRT_TRUNCATED_NORMAL, GANRT_UNIFORM, GANRT_PARTS, GANRT_ONEHOT } ganrt_prior;
/* GANRT_STYLE: psi goes to the model's input `truncation` (ganrt_truncation) and leaves the latent alone. */
typedef enum { GANRT_SCALE, GANRT_RESAMPLE, GANRT_STYLE } ganrt_psi_mode;
typedef enum { GANRT_STREAM_Z, GANRT_STREAM_CLASS, GANRT_STREAM_DRIFT, GANRT_STREAM_ENCODER } ganrt_stream;

/* Values first to first + dim - 1 of a latent in parts. */
typedef struct {
    ganrt_prior prior;
    uint32_t first, dim;
} ganrt_part;

/* What a value is drawn from; made by ganrt_law_make, ganrt_law_parts or ganrt_law_of, to be kept and used again. */
typedef struct {
    int uniform;
    int truncated;
    double threshold; /* of truncated ones; 0: every value is 0 */
    double tail;      /* a of section 4 */
    float factor;
    float uniform_factor; /* of uniform parts */
    uint32_t parts;       /* how many; 0: all values have one law, and a latent may have any number of them */
    ganrt_part part[GANRT_MAX_PARTS];
} ganrt_law;

/* What a client needs of spec.json; strings end with 0. */
typedef struct {
    char name[128];
    char look_model[128]; /* what look codes call the model */
    uint64_t dim;
    ganrt_prior prior;
    uint32_t parts; /* of GANRT_PARTS */
    ganrt_part part[GANRT_MAX_PARTS];
    ganrt_psi_mode psi_mode;
    double threshold;           /* GANRT_NO_THRESHOLD: the prior's own */
    uint64_t labels;            /* how many classes or codes; 0: the model takes no labels */
    int truncation_input;       /* whether the model has the input `truncation` */
    double truncation_default, truncation_low, truncation_high; /* of that input; it never is 0 unless of a style space */
    uint32_t height, width, channels;
    uint64_t canary_seed, canary_index;
} ganrt_spec;

/* table: made by tools/make_client_tables.py */
static const double ganrt__table[832][4] = {
    {-0x1.5956b87528a49p-1, 0x1.92cbd83cc879bp-5, -0x1.aa8cb92fb309dp-11, 0x1.2458df079ef02p-15},
    {-0x1.40900cbc2beb4p-1, 0x1.86519bc229ffdp-5, -0x1.73df026a7ac42p-11, 0x1.f3ff5eea85b40p-16},
    {-0x1.288402c1e614fp-1, 0x1.7b6d43a5205b7p-5, -0x1.451999c4cb0fap-11, 0x1.b09b55c2ada11p-16},
    {-0x1.111b13b759bcap-1, 0x1.71e5fd4c860a1p-5, -0x1.1c9f83eb05079p-11, 0x1.7a74fadaff561p-16},
    {-0x1.f481cdb32cce8p-2, 0x1.698e5b7504d87p-5, -0x1.f269321bba903p-12, 0x1.4e99e48463894p-16},
    {-0x1.c7c7622981108p-2, 0x1.6241b9c904c39p-5, -0x1.b3c5deef9716ap-12, 0x1.2adea832fa763p-16},
    {-0x1.9be770ed7b91fp-2, 0x1.5be254ce4969bp-5, -0x1.7bd0b89202c04p-12, 0x1.0da4e9613bc15p-16},
    {-0x1.70c5e3ee31607p-2, 0x1.5657e051b369ap-5, -0x1.4952a8d71c4cbp-12, 0x1.eb683467b0de7p-17},
    {-0x1.464965bdc7eafp-2, 0x1.518e783c52afbp-5, -0x1.1b4ee515951d2p-12, 0x1.c43cdd60ddc8ap-17},
    {-0x1.1c5ae1f5c8389p-2, 0x1.4d75d32f0bccep-5, -0x1.e1ea0251415fap-13, 0x1.a45be0759093cp-17},
    {-0x1.e5ca3830dff7fp-3, 0x1.4a00a5cbec036p-5, -0x1.932d0ef13cd4cp-13, 0x1.8aae2d1f36016p-17},
    {-0x1.93a8af48ecc98p-3, 0x1.47242aa576f1ep-5, -0x1.493e1f0ac4830p-13, 0x1.765e67dd3d0e7p-17},
    {-0x1.422c1aadb2493p-3, 0x1.44d7c6455b649p-5, -0x1.031c39e980167p-13, 0x1.66cb2a948f9e9p-17},
    {-0x1.e262a9fc56fbap-4, 0x1.4314c1298061ap-5, -0x1.7fc919c70484cp-14, 0x1.5b7d2d034a056p-17},
    {-0x1.412d5fc4a071ap-4, 0x1.41d61351fdc3dp-5, -0x1.fb2a3a7b76104p-15, 0x1.54205351a9725p-17},
    {-0x1.40ee34c0ace26p-5, 0x1.41183e3ef8932p-5, -0x1.f88b6d983d862p-16, 0x1.507ef6756e725p-17},
    {-0x1.267d4c07b0567p+0, 0x1.36e5fbf32e2bfp-5, -0x1.b17b2f90a6234p-11, 0x1.feb788d5eabc4p-16},
    {-0x1.1cfa4cd68023fp+0, 0x1.2a18a09ef2e8bp-5, -0x1.81b9dee900cadp-11, 0x1.afa4073c9c3b0p-16},
    {-0x1.13d80f695e703p+0, 0x1.1eabdcea13f46p-5, -0x1.595a9b9a60d25p-11, 0x1.7053ffda7c936p-16},
    {-0x1.0b0c6b8181422p+0, 0x1.146a7d3557eefp-5, -0x1.36e53f40bc762p-11, 0x1.3d05893c981ddp-16},
    {-0x1.028eb73a355dap+0, 0x1.0b29a9cb59a0ap-5, -0x1.193b234f91f92p-11, 0x1.12fe344b2214fp-16},
    {-0x1.f4aefca4206f7p-1, 0x1.02c67ca265452p-5, -0x1.fefd524e24250p-12, 0x1.e074bd8208453p-17},
    {-0x1.e4c0940f865dap-1, 0x1.f64879ee43f06p-6, -0x1.d20478dc277c7p-12, 0x1.a66f37343e683p-17},
    {-0x1.d546ea5ff88edp-1, 0x1.e8561dea70899p-6, -0x1.aa789c9e93264p-12, 0x1.75a0bb6b668d1p-17},
    {-0x1.c63812e37d718p-1, 0x1.db8dec172115cp-6, -0x1.877d60e58a561p-12, 0x1.4c45c0e21e0d3p-17},
    {-0x1.b78b46e920380p-1, 0x1.cfce2631d3b44p-6, -0x1.686089d3f64cbp-12, 0x1.28ff1182c9709p-17},
    {-0x1.a938b8c9ba966p-1, 0x1.c4fa1d1ca904bp-6, -0x1.4c90a3377cae6p-12, 0x1.0ab8a90e4ff88p-17},
    {-0x1.9b396f3c932f8p-1, 0x1.baf946974608dp-6, -0x1.3395fe05a00eap-12, 0x1.e12f1188a97abp-18},
    {-0x1.8d87273010eeep-1, 0x1.b1b6844b5bfadp-6, -0x1.1d0d5eff72bfap-12, 0x1.b3d8cea06091ap-18},
    {-0x1.801c3acd2ead3p-1, 0x1.a91f90718251ap-6, -0x1.08a3eaca92726p-12, 0x1.8c53a4969a236p-18},
    {-0x1.72f38c9d29a1ap-1, 0x1.a124876a13afap-6, -0x1.ec27faf6927d2p-13, 0x1.69b9910ceb3f9p-18},
    {-0x1.66087604bfe6ep-1, 0x1.99b787d98eab6p-6, -0x1.ca4565536b62ap-13, 0x1.4b4e4007453b4p-18},
    {-0x1.88bc1fbe1dabep+0, 0x1.0431c710ea615p-5, -0x1.94eb5368f4418p-11, 0x1.d430c080842bap-16},
    {-0x1.80cb5abf42f6ep+0, 0x1.f07217d5186d5p-6, -0x1.69244e51350f8p-11, 0x1.8b16b8f4bca29p-16},
    {-0x1.79352bd2ffc71p+0, 0x1.db069f6fec178p-6, -0x1.44308128e8151p-11, 0x1.5096baf79a2c8p-16},
    {-0x1.71f046ceaa3c1p+0, 0x1.c7becdc08881bp-6, -0x1.24b38134d71fdp-11, 0x1.2133c046dd9efp-16},
    {-0x1.6af4c0d40e6e1p+0, 0x1.b64b7add8e65ap-6, -0x1.09a3fa34595c5p-11, 0x1.f4cb8a19981a7p-17},
    {-0x1.643bcd0219b2ep+0, 0x1.a66c328aac955p-6, -0x1.e469db5e82bc2p-12, 0x1.b49d4fadf0b6ep-17},
    {-0x1.5dbf8886fd11cp+0, 0x1.97ebecf92d1dbp-6, -0x1.bb8bd177f30dcp-12, 0x1.7f109338b99b3p-17},
    {-0x1.577ad207e6402p+0, 0x1.8a9e9f2f8d6dfp-6, -0x1.97afb4af47a7cp-12, 0x1.5205848e1827fp-17},
    {-0x1.51692983b0b7dp+0, 0x1.7e5f64f8dc1e1p-6, -0x1.780a1a37f6be5p-12, 0x1.2bda1a8bdf017p-17},
    {-0x1.4b8696a46380dp+0, 0x1.730f19e887c48p-6, -0x1.5bf697c8007a8p-12, 0x1.0b4954584e60bp-17},
    {-0x1.45cf940193b5ap+0, 0x1.689343ebb5864p-6, -0x1.42ef186f604b6p-12, 0x1.dea7c548259e7p-18},
    {-0x1.4040fe397a838p+0, 0x1.5ed53a88e299fp-6, -0x1.2c855d653a3dfp-12, 0x1.ae5e91fc2fee2p-18},
    {-0x1.3ad8060d88cdbp+0, 0x1.55c17bd4a7493p-6, -0x1.185e10e8ec076p-12, 0x1.8473073726bc8p-18},
    {-0x1.359224e282f18p+0, 0x1.4d47243843053p-6, -0x1.062cffb078419p-12, 0x1.5fdfc0410940cp-18},
    {-0x1.306d1329acdcbp+0, 0x1.45578105a3e49p-6, -0x1.eb645965edabfp-13, 0x1.3fd04405c5e09p-18},
    {-0x1.2b66c054507b2p+0, 0x1.3de5b7e04b712p-6, -0x1.cd6f113b1a701p-13, 0x1.2396a33ed70c5p-18},
    {-0x1.dcdbfee3cb022p+0, 0x1.c6a90f9ed752ap-6, -0x1.774bb10380c5ep-11, 0x1.b23a334c93dfep-16},
    {-0x1.d5ee91e13cc85p+0, 0x1.b0783bef03b36p-6, -0x1.4eb1d4962fd59p-11, 0x1.6e2684893d4dbp-16},
    {-0x1.cf5519058ef64p+0, 0x1.9c9e51eb8372bp-6, -0x1.2c730ee99199ep-11, 0x1.37b48c20381bbp-16},
    {-0x1.c906f66b31fa7p+0, 0x1.8abfc3b79fca6p-6, -0x1.0f4a1c5df90acp-11, 0x1.0ba1081e585edp-16},
    {-0x1.c2fcd4fed71c1p+0, 0x1.7a92eb3924a16p-6, -0x1.ec7edee7825fap-12, 0x1.cf1c6a92bc958p-17},
    {-0x1.bd3069b1abb85p+0, 0x1.6bdbd8ff19ae5p-6, -0x1.c127c21b5debcp-12, 0x1.937ab726a69b9p-17},
    {-0x1.b79c430c75743p+0, 0x1.5e6943ec210c2p-6, -0x1.9b63d079af7dap-12, 0x1.61c01ce1edf20p-17},
    {-0x1.b23ba359be1a0p+0, 0x1.521242b91f4a2p-6, -0x1.7a4650b08b1e4p-12, 0x1.37f1071e39296p-17},
    {-0x1.ad0a62bb61166p+0, 0x1.46b49518f9bc0p-6, -0x1.5d11df6df1770p-12, 0x1.148775e619aa0p-17},
    {-0x1.a804d741391b8p+0, 0x1.3c3354ba47dc3p-6, -0x1.432d7c20c8289p-12, 0x1.eca8af07562d8p-18},
    {-0x1.a327c19be646cp+0, 0x1.3275f281f3e06p-6, -0x1.2c1c6f64d03a3p-12, 0x1.b8d364d16e07cp-18},
    {-0x1.9e703d63fb8fep+0, 0x1.29676c7662ce0p-6, -0x1.177839975a816p-12, 0x1.8c15bc6ed2984p-18},
    {-0x1.99dbb4304c5eap+0, 0x1.20f5ae5970330p-6, -0x1.04ebf973d40f7p-12, 0x1.6541ef10f7ffcp-18},
    {-0x1.9567d2e60216dp+0, 0x1.191112c2e7a23p-6, -0x1.e861cc193b2c7p-13, 0x1.4364a463bc3fcp-18},
    {-0x1.911280d02e293p+0, 0x1.11abfd3d377f3p-6, -0x1.ca1729a2e9d6ap-13, 0x1.25b822915fa7cp-18},
    {-0x1.8cd9d8267dbe3p+0, 0x1.0aba87d020e78p-6, -0x1.ae93b0f120550p-13, 0x1.0b9a9c5ed65bfp-18},
    {-0x1.13b22a7d5685ep+1, 0x1.97ef32078bb84p-6, -0x1.5d560f4cc8074p-11, 0x1.95e6a4b3d27bcp-16},
    {-0x1.10975686e9e10p+1, 0x1.834895e569436p-6, -0x1.37626118cc8bep-11, 0x1.560e77212e199p-16},
    {-0x1.0da39079f50abp+1, 0x1.70d1a7b9b956ap-6, -0x1.17649a8c41101p-11, 0x1.23062d62e16cdp-16},
    {-0x1.0ad2d1f113aaap+1, 0x1.603490815c4e3p-6, -0x1.f8560ff5dea3ep-12, 0x1.f376f4c0432adp-17},
    {-0x1.0821aea2d370ep+1, 0x1.512c4c5c47d4ap-6, -0x1.c99a3ae6a7cf6p-12, 0x1.afe8c32d9f567p-17},
    {-0x1.058d36e1c14b1p+1, 0x1.4380b89289aabp-6, -0x1.a12ec0dec6a0fp-12, 0x1.78197c368b978p-17},
    {-0x1.0312e0e044205p+1, 0x1.3703b1b920feep-6, -0x1.7dfaf54108b8ep-12, 0x1.499457456fabfp-17},
    {-0x1.00b076ef66154p+1, 0x1.2b8eeff800e27p-6, -0x1.5f20c7b6c757bp-12, 0x1.227c5ac34f946p-17},
    {-0x1.fcc812ed3a31cp+0, 0x1.21026a8c523dcp-6, -0x1.43eea3127f12cp-12, 0x1.016330f87ed48p-17},
    {-0x1.f857c77ba1948p+0, 0x1.17431d0c78219p-6, -0x1.2bd51f93ba4f8p-12, 0x1.ca58916251a43p-18},
    {-0x1.f40d05c344970p+0, 0x1.0e3a1461e63e1p-6, -0x1.165f64816a5c4p-12, 0x1.99f08a9cc8c4dp-18},
    {-0x1.efe51cebe26d8p+0, 0x1.05d3b11332244p-6, -0x1.032d7391d3475p-12, 0x1.702c49a48fc2bp-18},
    {-0x1.ebdda4f3bc590p+0, 0x1.fbfe235cdea7cp-7, -0x1.e3dfac90632e0p-13, 0x1.4bf0c42bc7f17p-18},
    {-0x1.e7f474ae3613dp+0, 0x1.ed5b377dabd9ep-7, -0x1.c4c89cdcaba99p-13, 0x1.2c59d1eb89e78p-18},
    {-0x1.e427996dad26ap+0, 0x1.dfa53881cfd31p-7, -0x1.a8a68d00dca13p-13, 0x1.10ae203b7df64p-18},
    {-0x1.e0755005897f0p+0, 0x1.d2c5f4ab8c630p-7, -0x1.8f1ba3babc302p-13, 0x1.f0ac29cfecab5p-19},
    {-0x1.357292e7715f6p+1, 0x1.74a8f61afd543p-6, -0x1.473821de0a7a8p-11, 0x1.7dedd05f99c67p-16},
    {-0x1.329cf58671159p+1, 0x1.6152561fd456bp-6, -0x1.23825dc8390ecp-11, 0x1.41b00da9c008dp-16},
    {-0x1.2febe828071b9p+1, 0x1.500a34a0ff503p-6, -0x1.056c5df5063dep-11, 0x1.118edd3bc1941p-16},
    {-0x1.2d5ba1bd35cf7p+1, 0x1.407f976be1228p-6, -0x1.d7aa4cf5c2397p-12, 0x1.d543d235ee50ap-17},
    {-0x1.2ae8ea8fd12dcp+1, 0x1.32716b22a113dp-6, -0x1.abc1f6beb707cp-12, 0x1.959bb1357760dp-17},
    {-0x1.289100625593fp+1, 0x1.25aac7564d374p-6, -0x1.85ccaf2f32548p-12, 0x1.610a889ff29e6p-17},
    {-0x1.265180f6804b2p+1, 0x1.1a003475f424ap-6, -0x1.64c177ae3d048p-12, 0x1.353dd161734bdp-17},
    {-0x1.24285949dd7c6p+1, 0x1.0f4da5d10c3c1p-6, -0x1.47cebc4dd20a8p-12, 0x1.1072b7db78d22p-17},
    {-0x1.2213b8576fdbap+1, 0x1.0574f3a37359fp-6, -0x1.2e4cf3e68a3acp-12, 0x1.e29e34e7ff8edp-18},
    {-0x1.20120484018c3p+1, 0x1.f8b9634dd3a12p-7, -0x1.17b4e01d7dbd4p-12, 0x1.ad8c61a596c7cp-18},
    {-0x1.1e21d316286fdp+1, 0x1.e7de92faaf438p-7, -0x1.0398586be6caep-12, 0x1.800a27622df4fp-18},
    {-0x1.1c41e144ac338p+1, 0x1.d8348f0f95074p-7, -0x1.e339c9d680c1ap-13, 0x1.58c95c16c5a06p-18},
    {-0x1.1a710e839875ap+1, 0x1.c99b9b5c30a47p-7, -0x1.c2ef5058e3812p-13, 0x1.36bee9838587ep-18},
    {-0x1.18ae57cda0782p+1, 0x1.bbf8460b11395p-7, -0x1.a5d47c7ee60c5p-13, 0x1.191393ecf1f6bp-18},
    {-0x1.16f8d3b714e4ep+1, 0x1.af32b355c7318p-7, -0x1.8b80a2a00f375p-13, 0x1.fe312a099388ep-19},
    {-0x1.154faf2336fd5p+1, 0x1.a3360bb28bbabp-7, -0x1.739b6c745eeb4p-13, 0x1.d07dfbd3388b5p-19},
    {-0x1.547d173f6ec89p+1, 0x1.58e1d41cfa81cp-6, -0x1.345d5a36f91cbp-11, 0x1.696729ea583f6p-16},
    {-0x1.51dde4b9434dfp+1, 0x1.46a9903a9f4d0p-6, -0x1.1292fcf49a2c0p-11, 0x1.304387e2be70fp-16},
    {-0x1.4f6122a6d967ap+1, 0x1.366363f97158ap-6, -0x1.ec3c77fd7325fp-12, 0x1.02a181b301f9cp-16},
    {-0x1.4d033c71e5970p+1, 0x1.27c2845f80395p-6, -0x1.bbd91b8a5beafp-12, 0x1.bb7a3fab44831p-17},
    {-0x1.4ac1275372feap+1, 0x1.1a8941274ef96p-6, -0x1.925a8c6dba4b2p-12, 0x1.7f2b237dd8559p-17},
    {-0x1.489847dabeef0p+1, 0x1.0e8577b41e291p-6, -0x1.6e7eef59a0925p-12, 0x1.4d6239e5f7a2bp-17},
    {-0x1.46865d8a43064p+1, 0x1.038dfb723b67bp-6, -0x1.4f4ac9c973261p-12, 0x1.23ea99aa579c7p-17},
    {-0x1.448972ef06707p+1, 0x1.f301532313354p-7, -0x1.33f749070b8a9p-12, 0x1.0118065bde79ep-17},
    {-0x1.429fd11029feap+1, 0x1.e081ed184b9a7p-7, -0x1.1be589b7e3362p-12, 0x1.c7439f4999662p-18},
    {-0x1.40c7f566eb88fp+1, 0x1.cf6da752d4d67p-7, -0x1.069552a516bf0p-12, 0x1.951196e172c9bp-18},
    {-0x1.3f0089c7fb00ap+1, 0x1.bf9baa0305233p-7, -0x1.e73c75fe8d912p-13, 0x1.6a09a09dd62e1p-18},
    {-0x1.3d485dce9be1fp+1, 0x1.b0e90edbdb27dp-7, -0x1.c55513a74cf5cp-13, 0x1.44eead5e2d0fcp-18},
    {-0x1.3b9e617638f84p+1, 0x1.a337d50d9071fp-7, -0x1.a6e6a84f45a00p-13, 0x1.24c363d0c7b6cp-18},
    {-0x1.3a01a0a3602acp+1, 0x1.966e0c1a22b37p-7, -0x1.8b7b086dd6685p-13, 0x1.08bba7ad4f2ccp-18},
    {-0x1.38713f6bf2c9cp+1, 0x1.8a7528d4d19b9p-7, -0x1.72af1a9c7c445p-13, 0x1.e0638ab540e40p-19},
    {-0x1.36ec76f94fbecp+1, 0x1.7f397b1d1836fp-7, -0x1.5c2f41bd2dd7ap-13, 0x1.b53c83beb9c60p-19},
    {-0x1.715c7c1c88ccbp+1, 0x1.424fe5bec6f73p-6, -0x1.2428dc8c3a5f0p-11, 0x1.57a21541aa812p-16},
    {-0x1.6ee9730dc9619p+1, 0x1.310da7d5ca11ap-6, -0x1.0407e80231796p-11, 0x1.213171e75f0c4p-16},
    {-0x1.6c9707a3e4fcdp+1, 0x1.21a4edbdb0144p-6, -0x1.d1f813547ec09p-12, 0x1.eb76363d4c411p-17},
    {-0x1.6a61d2ab76b15p+1, 0x1.13cc9036b2b40p-6, -0x1.a3feaa5885e5ap-12, 0x1.a535e09dcde62p-17},
    {-0x1.6846f032e3e8ap+1, 0x1.0749d089a9fb2p-6, -0x1.7c958a5a32598p-12, 0x1.6bcead3cb6818p-17},
    {-0x1.6643e64a78171p+1, 0x1.f7d9e8fa0e5dep-7, -0x1.5a89d2d96adbcp-12, 0x1.3c6f8d3efdbc8p-17},
    {-0x1.6456919431845p+1, 0x1.e31d99a781a9ep-7, -0x1.3cebcf9309e3dp-12, 0x1.14fd768151a04p-17},
    {-0x1.627d1619a8faap+1, 0x1.d01dbf030e724p-7, -0x1.22fe0a9c8d9a4p-12, 0x1.e7bfca23cdc57p-18},
    {-0x1.60b5d353018c2p+1, 0x1.bea40c68361f6p-7, -0x1.0c292685c6c42p-12, 0x1.afbac032a6fa3p-18},
    {-0x1.5eff5a98757dep+1, 0x1.ae82c1c1b112fp-7, -0x1.efe6090b78029p-13, 0x1.80053a166ac6fp-18},
    {-0x1.5d58676e30b7ep+1, 0x1.9f930bcbe9c49p-7, -0x1.cbf07505eee18p-13, 0x1.57219d017c567p-18},
    {-0x1.5bbfd9400545ap+1, 0x1.91b3bfd2e6c33p-7, -0x1.abce5d0e0e699p-13, 0x1.33e1bf21dea21p-18},
    {-0x1.5a34ae3d6eb2ep+1, 0x1.84c85c3c5d481p-7, -0x1.8ef8c4fe344c9p-13, 0x1.15543c1d36404p-18},
    {-0x1.58b5ff19becacp+1, 0x1.78b83d659304ap-7, -0x1.74ff3d25f75a1p-13, 0x1.f56d493add274p-19},
    {-0x1.5742fb82793bfp+1, 0x1.6d6dfab938ff0p-7, -0x1.5d838081b84abp-13, 0x1.c6d650ed212cdp-19},
    {-0x1.55dae7285cfb0p+1, 0x1.62d6e2fbbce1ep-7, -0x1.48360997a8db7p-13, 0x1.9de18d42db964p-19},
    {-0x1.8c73502ae34efp+1, 0x1.2f86975bd46bep-6, -0x1.161803ae98cafp-11, 0x1.48177104c5a49p-16},
    {-0x1.8a250070ae0d4p+1, 0x1.1f19cec6ccc1bp-6, -0x1.eed63b435e0abp-12, 0x1.1405f44ad928ep-16},
    {-0x1.87f5b98200694p+1, 0x1.10710d5eb0f20p-6, -0x1.bb3538925e376p-12, 0x1.d4eeff3420a48p-17},
    {-0x1.85e23bd547cd4p+1, 0x1.03465e437788fp-6, -0x1.8f576332de37bp-12, 0x1.91c827aa76d2cp-17},
    {-0x1.83e7c561d08a8p+1, 0x1.eec3303e3e97ap-7, -0x1.69bfb0c18abd4p-12, 0x1.5aed283c71dddp-17},
    {-0x1.8203f973ce492p+1, 0x1.d92a3aa37444dp-7, -0x1.4948700c36e6ap-12, 0x1.2dab4bf5f11cbp-17},
    {-0x1.8034ce11d8392p+1, 0x1.c576fa0c1aaddp-7, -0x1.2d0c482338b52p-12, 0x1.07fe58c72b52dp-17},
    {-0x1.7e787d7a77067p+1, 0x1.b36b6271dbc46p-7, -0x1.1455fdfc5b391p-12, 0x1.d0be5762483bfp-18},
    {-0x1.7ccd7ab02a213p+1, 0x1.a2d39882be12bp-7, -0x1.fd29a0281b598p-13, 0x1.9b43657e4992ep-18},
    {-0x1.7b326855bb53cp+1, 0x1.9383edb6bf24ap-7, -0x1.d6a7f6da6905fp-13, 0x1.6dba2dd171854p-18},
    {-0x1.79a611509a442p+1, 0x1.85575262b5ce8p-7, -0x1.b468effb8032cp-13, 0x1.46b58d746d3d4p-18},
    {-0x1.782762cb45cdcp+1, 0x1.782e1f6be113ap-7, -0x1.95d0921867662p-13, 0x1.251473a56158cp-18},
    {-0x1.76b5674b93d9ap+1, 0x1.6bed21de2a8a5p-7, -0x1.7a5de259f41ffp-13, 0x1.07effe34d8e3dp-18},
    {-0x1.754f42a33f504p+1, 0x1.607cd89cbbc9bp-7, -0x1.61a5770bf9b16p-13, 0x1.dd1c7b42e33c7p-19},
    {-0x1.73f42e8eb7103p+1, 0x1.55c8d892fdcddp-7, -0x1.4b4d45d5b31ecp-13, 0x1.b0b09dac55097p-19},
    {-0x1.72a377e0318e7p+1, 0x1.4bbf4ec587ac4p-7, -0x1.37095e301ea92p-13, 0x1.89a5bfa9284fap-19},
    {-0x1.a60a6e7a2afbbp+1, 0x1.1f961c774f714p-6, -0x1.09c3f8939bd0dp-11, 0x1.3a5f49ab88c8ep-16},
    {-0x1.a3db415120c0cp+1, 0x1.0fe4586dbb104p-6, -0x1.d8befffd53456p-12, 0x1.0867ff7bbae6cp-16},
    {-0x1.a1c9ba6445776p+1, 0x1.01e3a59e6fa6ap-6, -0x1.a74a565b0ca49p-12, 0x1.c1136f63b62c0p-17},
    {-0x1.9fd2bd26df978p+1, 0x1.eaa1c8b612307p-7, -0x1.7d481c6e62ee0p-12, 0x1.80ab04b49c1d2p-17},
    {-0x1.9df3a5744bcb4p+1, 0x1.d3ec69f5e19edp-7, -0x1.594a62327a8b4p-12, 0x1.4c1101cad115dp-17},
    {-0x1.9c2a3059270acp+1, 0x1.bf4fb08fa915bp-7, -0x1.3a372b0a8ec76p-12, 0x1.20adb2e330038p-17},
    {-0x1.9a746a3682fd6p+1, 0x1.ac83d076fc213p-7, -0x1.1f324e78c1b1ap-12, 0x1.f9224e4cfc33ep-18},
    {-0x1.98d0a0d435fdbp+1, 0x1.9b4d4f53236b0p-7, -0x1.078dddc1acfa2p-12, 0x1.bc875b3e16af8p-18},
    {-0x1.973d5862e57fep+1, 0x1.8b7a7a38cf9f7p-7, -0x1.e57de5cf228e1p-13, 0x1.894a37f72f25cp-18},
    {-0x1.95b942b6fcedep+1, 0x1.7ce1762a8f154p-7, -0x1.c0ab142c38b42p-13, 0x1.5dabc5506b023p-18},
    {-0x1.94433837aa65ap+1, 0x1.6f5ec1fdb7899p-7, -0x1.9fecf964f65d2p-13, 0x1.384d7da86629cp-18},
    {-0x1.92da321fe28cfp+1, 0x1.62d40c7217aebp-7, -0x1.82ae019244908p-13, 0x1.1819ee6c1c0f4p-18},
    {-0x1.917d45c838f0dp+1, 0x1.5727499575c21p-7, -0x1.687281a15908ap-13, 0x1.f8670d1126f79p-19},
    {-0x1.902ba0c2392f6p+1, 0x1.4c41f84731d1fp-7, -0x1.50d380d0a26c2p-13, 0x1.c7cfbd7a0b642p-19},
    {-0x1.8ee4859af9687p+1, 0x1.42108cb5cae0ep-7, -0x1.3b7ab18b9a170p-13, 0x1.9d4c6d3f3f475p-19},
    {-0x1.8da7492442f80p+1, 0x1.3881f78c22c59p-7, -0x1.281f4d431a576p-13, 0x1.77f0892bdad92p-19},
    {-0x1.be596d62759d4p+1, 0x1.11d9ab194dcb2p-6, -0x1.fdb9821c827e5p-12, 0x1.2e28f8a18e2f6p-16},
    {-0x1.bc4510c3d794fp+1, 0x1.02cd3e45a7127p-6, -0x1.c539404721b69p-12, 0x1.fc2511da46fbcp-17},
    {-0x1.ba4d21080a094p+1, 0x1.eac206bbf8b4cp-7, -0x1.95b379ffcda6fp-12, 0x1.af6c494310fdep-17},
    {-0x1.b86ea0c20bbe4p+1, 0x1.d2a8c4e0609e3p-7, -0x1.6d580be381c1fp-12, 0x1.7176b16131403p-17},
    {-0x1.b6a7065fde216p+1, 0x1.bce70d42a40dep-7, -0x1.4ac68afd63671p-12, 0x1.3edf46a23ef28p-17},
    {-0x1.b4f425cf21bfep+1, 0x1.a928b712d51fcp-7, -0x1.2cef73a97539dp-12, 0x1.15268a687d677p-17},
    {-0x1.b3541f4a099c4p+1, 0x1.9728b6516327ep-7, -0x1.12fed4f97c238p-12, 0x1.e4dd71ae3a94fp-18},
    {-0x1.b1c551eeb1cf4p+1, 0x1.86addabe4ad65p-7, -0x1.f89a8bfb90ef9p-13, 0x1.aa9bebeb996b1p-18},
    {-0x1.b046512aa5f53p+1, 0x1.77885d74d24bbp-7, -0x1.d0aa3885a0b07p-13, 0x1.795d7ee9719fap-18},
    {-0x1.aed5dc4a635c4p+1, 0x1.699003b3d2b73p-7, -0x1.ad5521ea84b5bp-13, 0x1.4f73a63b6dda0p-18},
    {-0x1.ad72d7acc26c3p+1, 0x1.5ca2aeeb22cd1p-7, -0x1.8debe834a4d3bp-13, 0x1.2b8cee3111f32p-18},
    {-0x1.ac1c473bda55dp+1, 0x1.50a33de8e0281p-7, -0x1.71deac54e9699p-13, 0x1.0c9e4702b7ec7p-18},
    {-0x1.aad149e4d9e8fp+1, 0x1.4578ab0093642p-7, -0x1.58b67fbe97d17p-13, 0x1.e3a4e5e16df32p-19},
    {-0x1.a99115d989f1ep+1, 0x1.3b0d588d1f12dp-7, -0x1.42105f1a778ddp-13, 0x1.b4fb8a4255952p-19},
    {-0x1.a85af572c0988p+1, 0x1.314e810ef1bd2p-7, -0x1.2d99514ca4f82p-13, 0x1.8c29ef3edabc4p-19},
    {-0x1.a72e449457e57p+1, 0x1.282bc2e9bd120p-7, -0x1.1b0b612b3da64p-13, 0x1.684c7d9a41d49p-19},
    {-0x1.d58bd063470eep+1, 0x1.05dbede455238p-6, -0x1.ea47fa8cfeccbp-12, 0x1.23354295ab567p-16},
    {-0x1.d38ed92cb181cp+1, 0x1.eec5c37dc874ap-7, -0x1.b3d41097dff7bp-12, 0x1.e99ef8a82537cp-17},
    {-0x1.d1ad37a1fa4e4p+1, 0x1.d4f5ce17fe865p-7, -0x1.8609d67042e15p-12, 0x1.9f9c3b613fbb4p-17},
    {-0x1.cfe40a3b86f98p+1, 0x1.bdcb5907e83bap-7, -0x1.5f291ffff0c9fp-12, 0x1.63da07d4da2a3p-17},
    {-0x1.ce30df34fd1b9p+1, 0x1.a8e266a642b42p-7, -0x1.3dddb1da1731cp-12, 0x1.3310e64ada644p-17},
    {-0x1.cc919ef7ac16ep+1, 0x1.95e9cd2ed50dbp-7, -0x1.212177939ab15p-12, 0x1.0ad730bcfe40bp-17},
    {-0x1.cb047b806daf7p+1, 0x1.849ef8f85b091p-7, -0x1.0827e6644bd5cp-12, 0x1.d2bf10f301468p-18},
    {-0x1.c987e36ec6586p+1, 0x1.74cac7e87fb06p-7, -0x1.e49ee87c306bdp-13, 0x1.9a9914847e13fp-18},
    {-0x1.c81a77cf5d38ep+1, 0x1.663f2c9995417p-7, -0x1.be2e5793af50bp-13, 0x1.6b249ce932be0p-18},
    {-0x1.c6bb03f78e553p+1, 0x1.58d5619d9b139p-7, -0x1.9c2e2bd2bc43fp-13, 0x1.42c21b3c8b938p-18},
    {-0x1.c56876f65c9d8p+1, 0x1.4c6c864db49aep-7, -0x1.7df53f3db4117p-13, 0x1.202be107e27b3p-18},
    {-0x1.c421de3f8fbecp+1, 0x1.40e889f36661fp-7, -0x1.62f8d368e9e20p-13, 0x1.0260380676aedp-18},
    {-0x1.c2e6614ce2fb3p+1, 0x1.363151d3e972ap-7, -0x1.4ac63ae077688p-13, 0x1.d122c0e4b04cdp-19},
    {-0x1.c1b53e01ce855p+1, 0x1.2c320bfd7f617p-7, -0x1.34fe003916ebap-13, 0x1.a43375c55ba8cp-19},
    {-0x1.c08dc5aa9a8dfp+1, 0x1.22d8a475e3079p-7, -0x1.2150277ae1310p-13, 0x1.7ce5dd29d4fabp-19},
    {-0x1.bf6f5a7864c3dp+1, 0x1.1a155512f214cp-7, -0x1.0f7942c0afb63p-13, 0x1.5a5e7374755a1p-19},
    {-0x1.ebc4627bdd628p+1, 0x1.f68db910d08abp-7, -0x1.d8d13d7469bf9p-12, 0x1.195205acf8159p-16},
    {-0x1.e9dc0ea3b55ecp+1, 0x1.daa44c11566abp-7, -0x1.a436b4afa2f3ep-12, 0x1.d8e807e5f4edcp-17},
    {-0x1.e80e15d3478bfp+1, 0x1.c1c1b38144394p-7, -0x1.77fcb33b83685p-12, 0x1.91596c8cb9314p-17},
    {-0x1.e657afaf0500bp+1, 0x1.ab6d6bc174259p-7, -0x1.5271895fa8d54p-12, 0x1.5794de78d3c4dp-17},
    {-0x1.e4b67fea56eb9p+1, 0x1.9746c9c1d1f9ep-7, -0x1.324c08b02f02fp-12, 0x1.286dbbeb3fd78p-17},
    {-0x1.e32881656ba04p+1, 0x1.84ff59771897fp-7, -0x1.168eaa12bd1b0p-12, 0x1.018e344426ab8p-17},
    {-0x1.e1abf61db80c9p+1, 0x1.7456c2daf9b9fp-7, -0x1.fce72dfe7a425p-13, 0x1.c26f939955a4cp-18},
    {-0x1.e03f5aa9a2999p+1, 0x1.6517bf4316231p-7, -0x1.d2bd2d2914abfp-13, 0x1.8c30d32cea0c4p-18},
    {-0x1.dee15c58f9c22p+1, 0x1.5715d011ce965p-7, -0x1.ada5ed127ee8dp-13, 0x1.5e59c3253ac1cp-18},
    {-0x1.dd90d15563d8ep+1, 0x1.4a2b80ebaeb67p-7, -0x1.8cd8658d1856dp-13, 0x1.3758640f5453fp-18},
    {-0x1.dc4cb24b01dcap+1, 0x1.3e3910181bc2ap-7, -0x1.6fb112a8cbb19p-13, 0x1.15f1b1f9b2f7fp-18},
    {-0x1.db141540fe24dp+1, 0x1.332362b724882p-7, -0x1.55a9d914e1bd9p-13, 0x1.f258ddafa3b58p-19},
    {-0x1.d9e629601d78ep+1, 0x1.28d331f330574p-7, -0x1.3e53e3f8d587bp-13, 0x1.c0834789cb1bcp-19},
    {-0x1.d8c2337585b34p+1, 0x1.1f346381d2232p-7, -0x1.2952f44336716p-13, 0x1.9522581701f2ep-19},
    {-0x1.d7a78b0baf6c8p+1, 0x1.16358367e6c71p-7, -0x1.1659c1446eb42p-13, 0x1.6f3248a166af6p-19},
    {-0x1.d69597fc280d6p+1, 0x1.0dc7578985dcap-7, -0x1.052725b2bc458p-13, 0x1.4ddee43944b6cp-19},
    {-0x1.008fbaed4387ap+2, 0x1.e3b39d138ac8ap-7, -0x1.c90752ebc8536p-12, 0x1.105710c91d865p-16},
    {-0x1.ff49824c827e3p+1, 0x1.c8b968d15b484p-7, -0x1.961ab95899d69p-12, 0x1.c9bba12535eebp-17},
    {-0x1.fd8d074a939e6p+1, 0x1.b0ad3d7ef06d6p-7, -0x1.6b4c0892795c7p-12, 0x1.8468c3b00ab23p-17},
    {-0x1.fbe753532855cp+1, 0x1.9b1a57f20bcfep-7, -0x1.46f6c7e07e56fp-12, 0x1.4c73e79623a75p-17},
    {-0x1.fa561d947b685p+1, 0x1.87a3132cff155p-7, -0x1.27dbdc8c74841p-12, 0x1.1ec8ec565ac63p-17},
    {-0x1.f8d771adf7b75p+1, 0x1.75fb7231d90d4p-7, -0x1.0d058b1409a63p-12, 0x1.f24837d8c408cp-18},
    {-0x1.f769a01f17837p+1, 0x1.65e524c3ed418p-7, -0x1.eb683172b59e0p-13, 0x1.b3a9185597314p-18},
    {-0x1.f60b3225f6566p+1, 0x1.572c945ed4e9ep-7, -0x1.c2a048d17fda3p-13, 0x1.7f24f7f49208fp-18},
    {-0x1.f4bae02e1bc8ep+1, 0x1.49a6acbb9fb70p-7, -0x1.9ec1ba87103e4p-13, 0x1.52c5549854f61p-18},
    {-0x1.f3778a2f9fb26p+1, 0x1.3d2f2ba7e6764p-7, -0x1.7f09c5de056b5p-13, 0x1.2d048b27742cap-18},
    {-0x1.f240318a7ddf1p+1, 0x1.31a753f2331a2p-7, -0x1.62da0705df62fp-13, 0x1.0cb14fe19c3aap-18},
    {-0x1.f113f4087dc74p+1, 0x1.26f4e9df25c62p-7, -0x1.49b09a7d89213p-13, 0x1.e1b437d9ebe8ep-19},
    {-0x1.eff207c5c51a0p+1, 0x1.1d0166ded1b9fp-7, -0x1.33222ac3e055cp-13, 0x1.b17c4c60476dfp-19},
    {-0x1.eed9b7cfcc91cp+1, 0x1.13b9573ef2afdp-7, -0x1.1ed5645a75c03p-13, 0x1.87848e1b0f43fp-19},
    {-0x1.edca6155d6273p+1, 0x1.0b0bd81bc7f6dp-7, -0x1.0c7f72d00c410p-13, 0x1.62d154263e264p-19},
    {-0x1.ecc3714e705d1p+1, 0x1.02ea2e52007c6p-7, -0x1.f7c288017d344p-14, 0x1.42950fd095bf8p-19},
    {-0x1.0ada394a8c1cdp+2, 0x1.d2c64643e2c4fp-7, -0x1.baab995bef622p-12, 0x1.0823d21493592p-16},
    {-0x1.09f77eccdb160p+2, 0x1.b8a591af3a4d9p-7, -0x1.894794a1e0f53p-12, 0x1.bbe2360016c50p-17},
    {-0x1.092119a60f406p+2, 0x1.a15c432a1d110p-7, -0x1.5fc47f0bcad4cp-12, 0x1.789a72142bd5ap-17},
    {-0x1.0855bb83281e8p+2, 0x1.8c7906786ad45p-7, -0x1.3c89fd4ae5c25p-12, 0x1.424dab231414cp-17},
    {-0x1.079448de2bb04p+2, 0x1.79a0fab2be47ep-7, -0x1.1e6230c12dc64p-12, 0x1.15fe3cbeb07ddp-17},
    {-0x1.06dbcf29cdbe0p+2, 0x1.688a63e5cf617p-7, -0x1.045e82103b05cp-12, 0x1.e2f217e756798p-18},
    {-0x1.062b7d42c198dp+2, 0x1.58f8ccf5fa39ap-7, -0x1.db899d1af1e6dp-13, 0x1.a63342e44ef52p-18},
    {-0x1.05829d8c4ca35p+2, 0x1.4aba2a40ec667p-7, -0x1.b404484b2ba21p-13, 0x1.73436391a2e50p-18},
    {-0x1.04e0914b868a5p+2, 0x1.3da4b27b7be42p-7, -0x1.91427e425a31bp-13, 0x1.483a85cc1895cp-18},
    {-0x1.0444ccf39cf45p+2, 0x1.31953b07121afp-7, -0x1.72873cf6f2043p-13, 0x1.239e595b38b41p-18},
    {-0x1.03aed52aadc38p+2, 0x1.266df487b1a86p-7, -0x1.5738d0b360e71p-13, 0x1.0446794c7594ap-18},
    {-0x1.031e3c5da3bcap+2, 0x1.1c156ee70dca1p-7, -0x1.3ed9314ebc524p-13, 0x1.d290de850441fp-19},
    {-0x1.0292a0c40bdf1p+2, 0x1.1275d3010bf4cp-7, -0x1.29003bb9fab4cp-13, 0x1.a3d23417a2e83p-19},
    {-0x1.020baabc712c5p+2, 0x1.097c451700952p-7, -0x1.155747a69586ep-13, 0x1.7b23c57a26d3ep-19},
    {-0x1.01890b6f56cd6p+2, 0x1.01186692b26d0p-7, -0x1.0395be9fa6365p-13, 0x1.579156c5a8c20p-19},
    {-0x1.010a7baafffd4p+2, 0x1.f277e02152bd4p-8, -0x1.e6fce751578f2p-14, 0x1.38536e4958b45p-19},
    {-0x1.14cb793b8c840p+2, 0x1.c3782010cce00p-7, -0x1.ad8b38c115ac4p-12, 0x1.009da0486ce73p-16},
    {-0x1.13f03330ff0fdp+2, 0x1.aa1e37d095ad8p-7, -0x1.7d8f6b3834b3fp-12, 0x1.af2e55d5847afp-17},
    {-0x1.1320e46cf8eb2p+2, 0x1.9386f17372a8dp-7, -0x1.553c7b8fb3009p-12, 0x1.6dc7657c7c20ap-17},
    {-0x1.125c482d40c10p+2, 0x1.7f4420cb98ae6p-7, -0x1.3305366fb131dp-12, 0x1.39004b9387e7cp-17},
    {-0x1.11a14b11ab410p+2, 0x1.6cfd6fb36bdafp-7, -0x1.15bc3d7a9a0fdp-12, 0x1.0df01c5b75cf5p-17},
    {-0x1.10ef018cc3ea1p+2, 0x1.5c6b345bc8cc1p-7, -0x1.f8f3174e7b7eap-13, 0x1.d4e612b553b4dp-18},
    {-0x1.1044a08a63774p+2, 0x1.4d52ae07b1453p-7, -0x1.cd10477a0b8f6p-13, 0x1.99e024d3b87b5p-18},
    {-0x1.0fa177b5ec458p+2, 0x1.3f833ba35fa0cp-7, -0x1.a6b24efe208b8p-13, 0x1.686343ab0e719p-18},
    {-0x1.0f04ecf684574p+2, 0x1.32d443afbc3bcp-7, -0x1.84f52e3352865p-13, 0x1.3e94e0db50f27p-18},
    {-0x1.0e6e78d5bad21p+2, 0x1.27239c184aa15p-7, -0x1.67212ad87caaap-13, 0x1.1b0517e218bb2p-18},
    {-0x1.0ddda399b2dfap+2, 0x1.1c544faddda0bp-7, -0x1.4ca0e00381ed0p-13, 0x1.f92768b1fd449p-19},
    {-0x1.0d5202ea60b24p+2, 0x1.124da91d31ea8p-7, -0x1.34f9d098bc9fdp-13, 0x1.c4b97ea42184bp-19},
    {-0x1.0ccb37e3a755ap+2, 0x1.08fa721846c8ep-7, -0x1.1fc6c93c9298fp-13, 0x1.9754962174d98p-19},
    {-0x1.0c48ed7d88fa5p+2, 0x1.00485a28e4fc6p-7, -0x1.0cb394f2c79aep-13, 0x1.6fd3e63c4f9dfp-19},
    {-0x1.0bcad738ff3b8p+2, 0x1.f04ef7ee0bd77p-8, -0x1.f6f358673e699p-14, 0x1.4d4a065bdcaecp-19},
    {-0x1.0b50b0040becfp+2, 0x1.e113f45717b5ap-8, -0x1.d7bb3e92d14f8p-14, 0x1.2ef513a0306c8p-19},
    {-0x1.1e6bc7e9afefbp+2, 0x1.b58b8f3a91dd2p-7, -0x1.a17c808b45f37p-12, 0x1.f35ce68480e22p-17},
    {-0x1.1d9749a878034p+2, 0x1.9ce83a1df7c7ap-7, -0x1.72ccab87cb414p-12, 0x1.a37a7b5ddcc60p-17},
    {-0x1.1cce6c4ec7badp+2, 0x1.86f4645bd6f95p-7, -0x1.4b91ef1969414p-12, 0x1.63cf60f692411p-17},
    {-0x1.1c0ff3ea6a163p+2, 0x1.7344cbcbb7fb2p-7, -0x1.2a49688151242p-12, 0x1.306fdc98a1fefp-17},
    {-0x1.1b5ad49c2aac6p+2, 0x1.618372e26cf2ep-7, -0x1.0dcd94e5e838ap-12, 0x1.06862eaa35a35p-17},
    {-0x1.1aae294847384p+2, 0x1.516a98f2a8506p-7, -0x1.ea790387e85edp-13, 0x1.c7f95ec004c8bp-18},
    {-0x1.1a092c6e3f07ep+2, 0x1.42c10fbe4385dp-7, -0x1.bfcbe5cb6cad4p-13, 0x1.8e89f1a053b3ep-18},
    {-0x1.196b32958c62fp+2, 0x1.35578482d7890p-7, -0x1.9a7d9c1c366d3p-13, 0x1.5e630550c1897p-18},
    {-0x1.18d3a5e852da9p+2, 0x1.290675d055991p-7, -0x1.79b02e550aca1p-13, 0x1.35b66d7082f1ap-18},
    {-0x1.184202b26082dp+2, 0x1.1daca600cffeap-7, -0x1.5cb0c1f4fff13p-13, 0x1.131de68eae106p-18},
    {-0x1.17b5d48f059bfp+2, 0x1.132de8eb30babp-7, -0x1.42edebbf8a38dp-13, 0x1.eb019a3848cd9p-19},
    {-0x1.172eb41e5ab0ep+2, 0x1.09723545fcbfap-7, -0x1.2bf07371e7ca9p-13, 0x1.b8025516b539dp-19},
    {-0x1.16ac45248bed9p+2, 0x1.0064e8e25cc8cp-7, -0x1.1755db0d88703p-13, 0x1.8bdbbd3a014dfp-19},
    {-0x1.162e34fcf2f07p+2, 0x1.efe86710a901dp-8, -0x1.04cc3018c3ae8p-13, 0x1.6570c9a0a91c7p-19},
    {-0x1.15b4395008aabp+2, 0x1.e0213ef72f02cp-8, -0x1.e81da1bd6de82p-14, 0x1.43da5e8494851p-19},
    {-0x1.153e0eff19a84p+2, 0x1.d15961fd5ac79p-8, -0x1.c9c7d03e1a64fp-14, 0x1.265bc17471b67p-19},
    {-0x1.27c23facacd68p+2, 0x1.a8cef817ec240p-7, -0x1.965cef62dcd7bp-12, 0x1.e687da4d2fc80p-17},
    {-0x1.26f3f4d363224p+2, 0x1.90d4099b2d735p-7, -0x1.68e043b01c41fp-12, 0x1.98a764fcec5c9p-17},
    {-0x1.2630fb3ab7ac6p+2, 0x1.7b76e6b142ac9p-7, -0x1.42a8b44f0fb46p-12, 0x1.5a978e26eb893p-17},
    {-0x1.25781f173e826p+2, 0x1.684f00938de44p-7, -0x1.223cf0fcdda6ap-12, 0x1.2885234cab533p-17},
    {-0x1.24c85b7a14455p+2, 0x1.5708862a49dacp-7, -0x1.067ec109bd158p-12, 0x1.ff58651b60dcbp-18},
    {-0x1.2420d13c7cf5ap+2, 0x1.475f7bd4288d0p-7, -0x1.dd23a77fe514ap-13, 0x1.bc086e9141939p-18},
    {-0x1.2380c0055af81p+2, 0x1.391c280696259p-7, -0x1.b394aac4feb72p-13, 0x1.84114581239afp-18},
    {-0x1.22e780d998defp+2, 0x1.2c106d7ccfa46p-7, -0x1.8f4152b2ddc24p-13, 0x1.5526cad5a4a38p-18},
    {-0x1.225481d3132f8p+2, 0x1.2015cdf92e9b1p-7, -0x1.6f513da9587abp-13, 0x1.2d864efcaa251p-18},
    {-0x1.21c742b62cfb1p+2, 0x1.150be69a51fe4p-7, -0x1.5316154d3d328p-13, 0x1.0bd27cdce2f8cp-18},
    {-0x1.213f5231e29ecp+2, 0x1.0ad7452d8560cp-7, -0x1.3a021d23c9651p-13, 0x1.ddf369df0c0a8p-19},
    {-0x1.20bc4ba3ead4bp+2, 0x1.01607f8650ca0p-7, -0x1.23a123fd16ae4p-13, 0x1.ac47221605063p-19},
    {-0x1.203dd5443695cp+2, 0x1.f126f8d978d28p-8, -0x1.0f932de729617p-13, 0x1.8146c92b3e925p-19},
    {-0x1.1fc39ea225bc9p+2, 0x1.e0bdc46f916c6p-8, -0x1.fb10bffe49760p-14, 0x1.5bdc84b69c9e3p-19},
    {-0x1.1f4d5f62e5b0cp+2, 0x1.d16744a7e1972p-8, -0x1.da7bb482cc663p-14, 0x1.3b270f59f26fbp-19},
    {-0x1.1edad63437c06p+2, 0x1.c309366ad5f08p-8, -0x1.bcf686940799bp-14, 0x1.1e6e75e729646p-19},
    {-0x1.30d5024a3fa4dp+2, 0x1.9d19e944122fep-7, -0x1.8c0fb64e43354p-12, 0x1.da9d3c93c6c68p-17},
    {-0x1.300c6a40cf425p+2, 0x1.85baeaca36955p-7, -0x1.5fb047d9bc3e5p-12, 0x1.8e9ad23c78580p-17},
    {-0x1.2f4ed9b92f467p+2, 0x1.70e9481b91a81p-7, -0x1.3a695404934e1p-12, 0x1.5209665f3c983p-17},
    {-0x1.2e9b247944c40p+2, 0x1.5e3ef56ce325fp-7, -0x1.1aca7446cf448p-12, 0x1.212ca32171b2ep-17},
    {-0x1.2df04c02cb098p+2, 0x1.4d6a2701bbcfbp-7, -0x1.ff78724621760p-13, 0x1.f2a259fec7976p-18},
    {-0x1.2d4d76b60917ep+2, 0x1.3e288654c65d9p-7, -0x1.d0cf1f7041c1dp-13, 0x1.b0f57803a2276p-18},
    {-0x1.2cb1e901c6150p+2, 0x1.3043b433283fdp-7, -0x1.a8497c85cd61dp-13, 0x1.7a5bd6d1043d6p-18},
    {-0x1.2c1d0014e81f7p+2, 0x1.238eb2e105686p-7, -0x1.84deceedec3bap-13, 0x1.4c97411a3487dp-18},
    {-0x1.2b8e2dafa166fp+2, 0x1.17e3f4e1da9bep-7, -0x1.65bbe77474be4p-13, 0x1.25efb8c3cbfe7p-18},
    {-0x1.2b04f4ce03d65p+2, 0x1.0d23e27caaf63p-7, -0x1.4a36a2c408447p-13, 0x1.0510388752e51p-18},
    {-0x1.2a80e6f907807p+2, 0x1.0333b626f8697p-7, -0x1.31c4b0cf9ae3ep-13, 0x1.d1db501a71cf7p-19},
    {-0x1.2a01a2187b22ap+2, 0x1.f3f932ce8e27cp-8, -0x1.1bf4b0ce47cd6p-13, 0x1.a1699c999fabbp-19},
    {-0x1.2986cea9dc36dp+2, 0x1.e2d5e445bd1cep-8, -0x1.0868fb742142dp-13, 0x1.777a456b2d77dp-19},
    {-0x1.29101e46ef847p+2, 0x1.d2dba96750909p-8, -0x1.eda74efd0ae4cp-14, 0x1.52fe1e03fb011p-19},
    {-0x1.289d4a6bf3bd4p+2, 0x1.c3ed247517bb5p-8, -0x1.cde6ed508dfadp-14, 0x1.33194e8e93eb3p-19},
    {-0x1.282e1370f9536p+2, 0x1.b5f0b9aa3e323p-8, -0x1.b122e0bb6d977p-14, 0x1.171855181f1bdp-19},
    {-0x1.39a965c80461ap+2, 0x1.924b0c922f504p-7, -0x1.827c9613968a8p-12, 0x1.cf82e8cbc6efcp-17},
    {-0x1.38e61043b67edp+2, 0x1.7b7cf7f0883dap-7, -0x1.5726eaae5142dp-12, 0x1.853e8bbc50395p-17},
    {-0x1.382d7dbb977c7p+2, 0x1.672cef2119ce9p-7, -0x1.32c014e917f6fp-12, 0x1.4a11dc45cd809p-17},
    {-0x1.377e89021f0b3p+2, 0x1.54f73e3a396a6p-7, -0x1.13e001675faf5p-12, 0x1.1a55e33895a63p-17},
    {-0x1.36d839984b24ep+2, 0x1.448bfc0e370dbp-7, -0x1.f2eb2db3d17e2p-13, 0x1.e6cd8ac349ca4p-18},
    {-0x1.3639bb03c6c4dp+2, 0x1.35aa5ac8bc863p-7, -0x1.c55d4e27c4c3cp-13, 0x1.a6a753612bfc1p-18},
    {-0x1.35a2562689800p+2, 0x1.281d3e1cb366ep-7, -0x1.9dce98affc4bbp-13, 0x1.715375aac2c0ep-18},
    {-0x1.35116c0f752b9p+2, 0x1.1bb8b4517f508p-7, -0x1.7b3c62333b89fp-13, 0x1.44a0baccfcc0cp-18},
    {-0x1.348671e405259p+2, 0x1.105810474a8d3p-7, -0x1.5cd854c43c8c2p-13, 0x1.1ee120cbd65a4p-18},
    {-0x1.3400ed9e78fc1p+2, 0x1.05dc778eb3eecp-7, -0x1.41fc37d9e6ef2p-13, 0x1.fd8ec9c1feafcp-19},
    {-0x1.3380736eab07dp+2, 0x1.f8578ae7b942bp-8, -0x1.2a20eccc3f7d9p-13, 0x1.c69d0d3cd5b20p-19},
    {-0x1.3304a398e2482p+2, 0x1.e65f5a1b09426p-8, -0x1.14d7b2946febdp-13, 0x1.975043559863dp-19},
    {-0x1.328d28b73e940p+2, 0x1.d5aa153f53ff7p-8, -0x1.01c50e2a48329p-13, 0x1.6e5f15297df73p-19},
    {-0x1.3219b649126a4p+2, 0x1.c616b1e27c26cp-8, -0x1.e139cc5211a43p-14, 0x1.4ac09165c2d8ep-19},
    {-0x1.31aa078061922p+2, 0x1.b7888474d64d7p-8, -0x1.c23f0345a90ddp-14, 0x1.2b9df05f9f6e9p-19},
    {-0x1.313dde41581f3p+2, 0x1.a9e68ceda02cbp-8, -0x1.a62e619412af7p-14, 0x1.1047d4cc68950p-19},
    {-0x1.424417663b914p+2, 0x1.8846a1656bbfbp-7, -0x1.798eff3030ff0p-12, 0x1.c522940db5fb5p-17},
    {-0x1.4185a1ad331a7p+2, 0x1.71ffa8c7977fdp-7, -0x1.4f31b25f540e2p-12, 0x1.7c7fa27da3eb8p-17},
    {-0x1.40d1af0fa47c5p+2, 0x1.5e286cf6f1102p-7, -0x1.2b9c42953ceb4p-12, 0x1.42a0b57368b47p-17},
    {-0x1.402720f61caa5p+2, 0x1.4c5f6b59f2f24p-7, -0x1.0d6e68aaac5d3p-12, 0x1.13f2dd9bd0788p-17},
    {-0x1.3f85047bb6a81p+2, 0x1.3c567e30f1672p-7, -0x1.e739f4dcdf0f0p-13, 0x1.dbc18d427fe50p-18},
    {-0x1.3eea89f46f14fp+2, 0x1.2dce46ef7587ap-7, -0x1.bab4bd24da3fdp-13, 0x1.9d089ba0a09d2p-18},
    {-0x1.3e56fe69e7e9dp+2, 0x1.2092d73932e6bp-7, -0x1.940c897650424p-13, 0x1.68e54571f4d37p-18},
    {-0x1.3dc9c68909e5ep+2, 0x1.147937e70281ep-7, -0x1.72445ac559b39p-13, 0x1.3d327f7557be4p-18},
    {-0x1.3d425aa2a3f80p+2, 0x1.095d8d910e373p-7, -0x1.549264a4ef169p-13, 0x1.184ba1518455bp-18},
    {-0x1.3cc0437beaa5bp+2, 0x1.fe435d5d40cc4p-8, -0x1.3a5418bac4992p-13, 0x1.f1d5585094ab2p-19},
    {-0x1.3c4317be1a088p+2, 0x1.eb5819aaab5b4p-8, -0x1.230554f76287ep-13, 0x1.bc20a79e71cbap-19},
    {-0x1.3bca79e1540f7p+2, 0x1.d9cdb740a0b15p-8, -0x1.0e39cc9748593p-13, 0x1.8de572daf65d0p-19},
    {-0x1.3b561677f17f0p+2, 0x1.c97ecbc9c789fp-8, -0x1.f7301979051fcp-14, 0x1.65e19e6f182b7p-19},
    {-0x1.3ae5a2c60b92bp+2, 0x1.ba4b0c259e1a8p-8, -0x1.d5ab5b6966f27p-14, 0x1.43120da9bb01ep-19},
    {-0x1.3a78db95cd274p+2, 0x1.ac16732708e25p-8, -0x1.b768c511a2f05p-14, 0x1.24a4b58303f86p-19},
    {-0x1.3a0f843ca2ca9p+2, 0x1.9ec8922c491e1p-8, -0x1.9bff5d70247a3p-14, 0x1.09ee18daca442p-19},
    {-0x1.4aa937461db4fp+2, 0x1.7ef5581bba6f6p-7, -0x1.7135636d8b885p-12, 0x1.bb691c5f69c08p-17},
    {-0x1.49ef4a027a01fp+2, 0x1.692cb84a793edp-7, -0x1.47c0dac26ec23p-12, 0x1.744dd8c05193bp-17},
    {-0x1.493fa42004b70p+2, 0x1.55c66cbbf6ffdp-7, -0x1.24ef9dcb4828ap-12, 0x1.3ba8080e8be62p-17},
    {-0x1.48992d331ce6dp+2, 0x1.4463017bfec75p-7, -0x1.0768b8148b65ep-12, 0x1.0df78ddadee59p-17},
    {-0x1.47faf7964d7e4p+2, 0x1.34b5f840a5282p-7, -0x1.dc4d2392d9e0ap-13, 0x1.d16977d726267p-18},
    {-0x1.4764381ddcd3fp+2, 0x1.26814af21dc67p-7, -0x1.b0bfbd4d1f39bp-13, 0x1.9406ff648094bp-18},
    {-0x1.46d43fb76e690p+2, 0x1.199226535b2a3p-7, -0x1.8aef56b5fb75fp-13, 0x1.610121b325592p-18},
    {-0x1.464a7672e00c3p+2, 0x1.0dbe7e25c7eb7p-7, -0x1.69e443639288fp-13, 0x1.363e41382fbb7p-18},
    {-0x1.45c657986fdbep+2, 0x1.02e33b9562c99p-7, -0x1.4cd8f8b2e15fap-13, 0x1.12227d01b7e1cp-18},
    {-0x1.45476e8a6ec02p+2, 0x1.f1c5b5c67c239p-8, -0x1.332e58670e5bbp-13, 0x1.e6dd50669d1e6p-19},
    {-0x1.44cd5442c36c0p+2, 0x1.df48b4ef66a55p-8, -0x1.1c630d9960375p-13, 0x1.b251a287e46c5p-19},
    {-0x1.4457ad4915b0dp+2, 0x1.ce24ccab4e729p-8, -0x1.080d18b8581fbp-13, 0x1.8516af4bfccfbp-19},
    {-0x1.43e6280766d39p+2, 0x1.be3561ca504bdp-8, -0x1.eba9dd4ae3285p-14, 0x1.5df1244521bdcp-19},
    {-0x1.43787b6948683p+2, 0x1.af5adc5c7a1c6p-8, -0x1.cae37c9558098p-14, 0x1.3be35d2d269efp-19},
    {-0x1.430e65b692f5ap+2, 0x1.a179d30539360p-8, -0x1.ad4d1fc1702c1p-14, 0x1.1e1fc08e27403p-19},
    {-0x1.42a7ab9df3645p+2, 0x1.947a5f48436a8p-8, -0x1.92800ddd1bfb4p-14, 0x1.03fe73e8d5bd0p-19},
    {-0x1.52dc6e859caddp+2, 0x1.76437343d3537p-7, -0x1.6960accc7ef16p-12, 0x1.b245fcbe8ec28p-17},
    {-0x1.5226bc05ee5e5p+2, 0x1.60f14e14b7770p-7, -0x1.40c6d953fc12fp-12, 0x1.6c9b2a66fe824p-17},
    {-0x1.517b18e6e405ap+2, 0x1.4df4e43e3aba7p-7, -0x1.1eadebaa51855p-12, 0x1.351bd3ac6b4ccp-17},
    {-0x1.50d87288f91c0p+2, 0x1.3cf0b1270e6a3p-7, -0x1.01c3d43a01113p-12, 0x1.0859976fd98c8p-17},
    {-0x1.503de034838edp+2, 0x1.2d99c4be44f43p-7, -0x1.d2107371652dap-13, 0x1.c7b34486bf322p-18},
    {-0x1.4faa9af7d706bp+2, 0x1.1fb35cc9fe517p-7, -0x1.a76bb8148c6f0p-13, 0x1.8b92b6d8afa84p-18},
    {-0x1.4f1df767b6c32p+2, 0x1.130bb03422966p-7, -0x1.8265e40c5bc35p-13, 0x1.599923c4dd071p-18},
    {-0x1.4e9760c1d28e4p+2, 0x1.07798f889ffbfp-7, -0x1.620c4cd4cf4a0p-13, 0x1.2fb7afdc3e095p-18},
    {-0x1.4e1655172cea1p+2, 0x1.f9b5395e8e4f4p-8, -0x1.459d68d9e07ccp-13, 0x1.0c5abd70dcdcep-18},
    {-0x1.4d9a623dfb233p+2, 0x1.e623df5f371cdp-8, -0x1.2c7d5595561ccp-13, 0x1.dc93158494326p-19},
    {-0x1.4d23235c35d3fp+2, 0x1.d40e167c8c837p-8, -0x1.162d607d0e6dep-13, 0x1.a91e5fe84a211p-19},
    {-0x1.4cb03ee864abbp+2, 0x1.c34a18ef7b548p-8, -0x1.0245b3f46b5dap-13, 0x1.7cd414ee451afp-19},
    {-0x1.4c416506f00e4p+2, 0x1.b3b40e1522681p-8, -0x1.e0e11ec121172p-14, 0x1.567f4447cab24p-19},
    {-0x1.4bd64e308f648p+2, 0x1.a52d064305d78p-8, -0x1.c0cd3fb860034p-14, 0x1.35276ede1d123p-19},
    {-0x1.4b6eba1302e48p+2, 0x1.979a2a69ba0dap-8, -0x1.a3d85c8f10897p-14, 0x1.1803290f8a9d2p-19},
    {-0x1.4b0a6ea0abbc9p+2, 0x1.8ae413de4be9bp-8, -0x1.899dd9a713c8dp-14, 0x1.fcdc06f00a2a9p-20},
    {-0x1.5ae1011c48d83p+2, 0x1.6e201bcd95801p-7, -0x1.6203d0d04dc02p-12, 0x1.a9aadd55e2405p-17},
    {-0x1.5a2f43e849a3fp+2, 0x1.593d590a97115p-7, -0x1.3a37faf6d347cp-12, 0x1.655b6d7ea271fp-17},
    {-0x1.598761704283ep+2, 0x1.46a4748001634p-7, -0x1.18cc9c5c9216ep-12, 0x1.2ef1af0f9dbabp-17},
    {-0x1.58e84c8a3e138p+2, 0x1.35f9bc954e371p-7, -0x1.f8ec4d43f3deep-13, 0x1.030ffe50d7eb7p-17},
    {-0x1.585121228e2a3p+2, 0x1.26f3b89651387p-7, -0x1.c87265fe89457p-13, 0x1.be8f540f0cf8fp-18},
    {-0x1.57c11c4219bdbp+2, 0x1.1956d782267d2p-7, -0x1.9ea8a54fe1e67p-13, 0x1.839e15b6af227p-18},
    {-0x1.573795edc1eedp+2, 0x1.0cf24b0cc331ap-7, -0x1.7a6170f546d66p-13, 0x1.52a14166b3c25p-18},
    {-0x1.56b3fc6109616p+2, 0x1.019db3c5a10ebp-7, -0x1.5aaed723f2c42p-13, 0x1.2994221c30cdep-18},
    {-0x1.5635d04b92b6fp+2, 0x1.ee6ec331c9332p-8, -0x1.3ed314af5fe83p-13, 0x1.06eae5927c402p-18},
    {-0x1.55bca1d2414a4p+2, 0x1.db45fe8b4d204p-8, -0x1.2635534f3f523p-13, 0x1.d2e5afab471d2p-19},
    {-0x1.55480e2617982p+2, 0x1.c991182e1b766p-8, -0x1.10595c12e5398p-13, 0x1.a077a2a02be5bp-19},
    {-0x1.54d7bd8f07221p+2, 0x1.b9271f502b1c6p-8, -0x1.f9b2c6d396f35p-14, 0x1.750fe65014fbcp-19},
    {-0x1.546b61d17ab86p+2, 0x1.a9e4f278a69a0p-8, -0x1.d6c2b18af22e1p-14, 0x1.4f7f8f29bdebbp-19},
    {-0x1.5402b4db91a05p+2, 0x1.9bac40643d33dp-8, -0x1.b756a2ad53616p-14, 0x1.2ed2f7db70d02p-19},
    {-0x1.539d77ab837f8p+2, 0x1.8e62bbb7f0bedp-8, -0x1.9af98820ff3dcp-14, 0x1.1244a5398b50ep-19},
    {-0x1.533b7163f87a8p+2, 0x1.81f17613d7980p-8, -0x1.8148c42eb7f51p-14, 0x1.f266c1629de7cp-20},
    {-0x1.62b9dc6d511fbp+2, 0x1.667cdb0033b01p-7, -0x1.5b13798e3e882p-12, 0x1.a18b397a320dbp-17},
    {-0x1.620bd61c500f9p+2, 0x1.52030e7b20246p-7, -0x1.340a156f1924dp-12, 0x1.5e84056ccd881p-17},
    {-0x1.616778ece78e5p+2, 0x1.3fc7ed88caee7p-7, -0x1.134283c1ff441p-12, 0x1.29208603371bep-17},
    {-0x1.60cbbcdc21706p+2, 0x1.2f717fc95ed64p-7, -0x1.eeeeb940b5c8ep-13, 0x1.fc25db101a9ecp-18},
    {-0x1.6037c23751916p+2, 0x1.20b7af1d42ab3p-7, -0x1.bf63cd1f96bedp-13, 0x1.b5f0098aa8392p-18},
    {-0x1.5faac9c85c969p+2, 0x1.13600acab50e3p-7, -0x1.96689d0e5c1d5p-13, 0x1.7c1d32fb61475p-18},
    {-0x1.5f242ed25e291p+2, 0x1.073ab15a3c042p-7, -0x1.72d532e8b1d22p-13, 0x1.4c0efe9fe7039p-18},
    {-0x1.5ea3626326f27p+2, 0x1.f8400f87173e0p-8, -0x1.53c0130e31249p-13, 0x1.23ca5023da71dp-18},
    {-0x1.5e27e7a2c646cp+2, 0x1.e3de04770f43dp-8, -0x1.386f0b63149cbp-13, 0x1.01cab393c5ea1p-18},
    {-0x1.5db150e3140fep+2, 0x1.d117abfecda95p-8, -0x1.204c26b3f65d5p-13, 0x1.c9c65bbb8b42dp-19},
    {-0x1.5d3f3d422ee69p+2, 0x1.bfbdefe205c96p-8, -0x1.0add866d99f23p-13, 0x1.985029d662ba5p-19},
    {-0x1.5cd156bec1f19p+2, 0x1.afa8a85628f24p-8, -0x1.ef7e981772247p-14, 0x1.6dbe31255f62fp-19},
    {-0x1.5c6750a552f5ap+2, 0x1.a0b560b75d866p-8, -0x1.cd3dfe00119d3p-14, 0x1.48e735e68c2e9p-19},
    {-0x1.5c00e643e96f2p+2, 0x1.92c65d358e7c2p-8, -0x1.ae7010f94c374p-14, 0x1.28dc27f93af1ep-19},
    {-0x1.5b9dd9d5cbc50p+2, 0x1.85c1d25df9143p-8, -0x1.92a1f94e4ae78p-14, 0x1.0cdb44dc924aap-19},
    {-0x1.5b3df39c536e2p+2, 0x1.79914348c7873p-8, -0x1.7972faa4b5b5ap-14, 0x1.e88cc230ee951p-20},
    {-0x1.6a69a3448806bp+2, 0x1.5f4d30cb9bdafp-7, -0x1.5485bf9750a92p-12, 0x1.99dc16a46b82ap-17},
    {-0x1.69bf1b879dc17p+2, 0x1.4b36849c6d228p-7, -0x1.2e3448205ffc1p-12, 0x1.580ba4a7819ccp-17},
    {-0x1.691e0e14fb777p+2, 0x1.3953eca742dfep-7, -0x1.0e07a00205989p-12, 0x1.23a063c268661p-17},
    {-0x1.688577c91b65dp+2, 0x1.294d123f2734cp-7, -0x1.e58065d7246a8p-13, 0x1.f2b7116d6a9a7p-18},
    {-0x1.67f47d155669ap+2, 0x1.1adb2ee44c63fp-7, -0x1.b6d76af7e4049p-13, 0x1.adc97936a8520p-18},
    {-0x1.676a6250229fdp+2, 0x1.0dc4e2b04f0c5p-7, -0x1.8e9f7f12dbddcp-13, 0x1.7505a17a6c36dp-18},
    {-0x1.66e685cd6e866p+2, 0x1.01db2c4651505p-7, -0x1.6bb6038393deep-13, 0x1.45d92e92b1b0ap-18},
    {-0x1.66685b45bf7bbp+2, 0x1.edee54e3d3c8ap-8, -0x1.4d35b61624f7ep-13, 0x1.1e521b6288c3bp-18},
    {-0x1.65ef6836d0fcep+2, 0x1.d9f0d9a45347ep-8, -0x1.3267c514b1219p-13, 0x1.f9e5dd4ef463cp-19},
    {-0x1.657b4100c3270p+2, 0x1.c78757482ed4bp-8, -0x1.1ab8f50176d2bp-13, 0x1.c1283153a95dcp-19},
    {-0x1.650b869399939p+2, 0x1.b6839600203a0p-8, -0x1.05b19f83e69ccp-13, 0x1.909c5fb7668c0p-19},
    {-0x1.649fe48c75959p+2, 0x1.a6be2c157aee2p-8, -0x1.e5df716498b24p-14, 0x1.66d484c040bd0p-19},
    {-0x1.64380faa3d757p+2, 0x1.98154850d8d41p-8, -0x1.c4449423a43f8p-14, 0x1.42acc6fb26fc0p-19},
    {-0x1.63d3c487572b0p+2, 0x1.8a6bbc2ec53eap-8, -0x1.a60bfd0fea77fp-14, 0x1.233a6ce6bf31dp-19},
    {-0x1.6372c68a75227p+2, 0x1.7da8370badb7bp-8, -0x1.8ac4f01624fffp-14, 0x1.07bf39c75fc4cp-19},
    {-0x1.6314df03a87efp+2, 0x1.71b4a741e8442p-8, -0x1.7210783749f0cp-14, 0x1.df3fc71b881a9p-20},
    {-0x1.71f2b7c7c98f0p+2, 0x1.58863fa52ac3ep-7, -0x1.4e51f10acd714p-12, 0x1.9293c8c7ea8bap-17},
    {-0x1.714b7b9d420bep+2, 0x1.44cd61cab08fep-7, -0x1.28aec8b4babc1p-12, 0x1.51ea19d9d3664p-17},
    {-0x1.70ad8d6a3c4b4p+2, 0x1.333e8ebfdf8d5p-7, -0x1.0914eaf4943ccp-12, 0x1.1e6a473b34f6dp-17},
    {-0x1.7017eea93f467p+2, 0x1.2382fc033bba9p-7, -0x1.dc94963abebabp-13, 0x1.e9c78c53565fap-18},
    {-0x1.6f89c7b7f158dp+2, 0x1.1555215c65f14p-7, -0x1.aec1a40358e13p-13, 0x1.a6112639c7df5p-18},
    {-0x1.6f02604978c8fp+2, 0x1.087ca1959ac76p-7, -0x1.8742ab2144e8bp-13, 0x1.6e4e35aaa8fbap-18},
    {-0x1.6e81199920e37p+2, 0x1.f9969f91bf5f7p-8, -0x1.64fa1e48177f4p-13, 0x1.3ff7c007cce92p-18},
    {-0x1.6e0569e5fd034p+2, 0x1.e435f5d251597p-8, -0x1.4706bd154afdep-13, 0x1.192460ce7b6e1p-18},
    {-0x1.6d8ed8e3bc8cap+2, 0x1.d0978bc7cebcep-8, -0x1.2cb4e9adb8d26p-13, 0x1.f0ba7c563da4bp-19},
    {-0x1.6d1cfce4ca11bp+2, 0x1.be85ca3914dd2p-8, -0x1.1573fe41c831cp-13, 0x1.b8ffd97d6dce8p-19},
    {-0x1.6caf789239842p+2, 0x1.add34c1caefcap-8, -0x1.00ce6f4cb3d99p-13, 0x1.89521763c80cfp-19},
    {-0x1.6c45f9118036ap+2, 0x1.9e595bd57ad2ep-8, -0x1.dcc7d69d5aeafp-14, 0x1.6049b64d099a4p-19},
    {-0x1.6be0348013c2ep+2, 0x1.8ff6c3003927ep-8, -0x1.bbc9d3a5be713p-14, 0x1.3cc7f8239ce68p-19},
    {-0x1.6b7de8b2e7994p+2, 0x1.828ed8f43348ep-8, -0x1.9e1e8d69f88d6p-14, 0x1.1de640c19ec8dp-19},
    {-0x1.6b1eda2c05f05p+2, 0x1.7608c161a15eap-8, -0x1.83574757cb669p-14, 0x1.02e9aa9d59e87p-19},
    {-0x1.6ac2d33ba78aep+2, 0x1.6a4ed03948979p-8, -0x1.6b16bc0547464p-14, 0x1.d6734dd4b7767p-20},
    {-0x1.795743c5ad4d9p+2, 0x1.521e88f12201cp-7, -0x1.48706305446d2p-12, 0x1.8ba9c13fa2ef8p-17},
    {-0x1.78b324cd88a9bp+2, 0x1.3ebe9bb61d676p-7, -0x1.2372b922ad373p-12, 0x1.4c182615329d3p-17},
    {-0x1.781829c78d631p+2, 0x1.2d7f31fb376fcp-7, -0x1.0464341149217p-12, 0x1.1977ff1e68c78p-17},
    {-0x1.778558906028bp+2, 0x1.1e0af9a76cabcp-7, -0x1.d42011fdadc9dp-13, 0x1.e14c9f6af7d28p-18},
    {-0x1.76f9dd3ee6770p+2, 0x1.101d98ded8d63p-7, -0x1.a7183f8297ab1p-13, 0x1.9ebdcc48f7a6cp-18},
    {-0x1.767502b7194b4p+2, 0x1.037fa8241fae9p-7, -0x1.8048c68127c9fp-13, 0x1.67eed5e5adbf8p-18},
    {-0x1.75f62cf5a6df5p+2, 0x1.f00788b5a1b7dp-8, -0x1.5e98ea98a6805p-13, 0x1.3a63933bacabap-18},
    {-0x1.757cd49f15748p+2, 0x1.db08c77be0b52p-8, -0x1.412b3a2a7814ap-13, 0x1.143ad366bd1e5p-18},
    {-0x1.7508837ffd9adp+2, 0x1.c7c46a33c87a6p-8, -0x1.274f2252afe16p-13, 0x1.e80810598fd9dp-19},
    {-0x1.7498d1c374cb4p+2, 0x1.b605c56200f65p-8, -0x1.107671debaf0fp-13, 0x1.b143529f89052p-19},
    {-0x1.742d63b4e5738p+2, 0x1.a5a03c1467101p-8, -0x1.f85b3a4589331p-14, 0x1.826856d75a96cp-19},
    {-0x1.73c5e7edd7e89p+2, 0x1.966dc3a26482ep-8, -0x1.d42bedae91e21p-14, 0x1.5a15afe720cd2p-19},
    {-0x1.736215d82f7ecp+2, 0x1.884db89cb0273p-8, -0x1.b3c2a450c80d0p-14, 0x1.373179f5cd536p-19},
    {-0x1.7301ac7320d3dp+2, 0x1.7b23f1632eb71p-8, -0x1.969d591b6854fp-14, 0x1.18d901a892125p-19},
    {-0x1.72a4714d59165p+2, 0x1.6ed80009cf907p-8, -0x1.7c4f3531ffe33p-14, 0x1.fca91bd1b06b4p-20},
    {-0x1.724a2fa9e7652p+2, 0x1.635498e61fb19p-8, -0x1.647c8cf32e910p-14, 0x1.ce1c505680393p-20},
    {-0x1.80993fb2838dfp+2, 0x1.4c0db643ff3b9p-7, -0x1.42da4b482d9a6p-12, 0x1.8516662fcb29dp-17},
    {-0x1.7ff8139dc1e91p+2, 0x1.390242eb7585fp-7, -0x1.1e7a05214f160p-12, 0x1.468f5a3b51a08p-17},
    {-0x1.7f5fe392756c2p+2, 0x1.280e435d7d254p-7, -0x1.ffe0023fbab4cp-13, 0x1.14c40c2862921p-17},
    {-0x1.7ecfb99849a7fp+2, 0x1.18ddcbb90c66ep-7, -0x1.cc18ec0134874p-13, 0x1.d93cd1f388096p-18},
    {-0x1.7e46c5507804fp+2, 0x1.0b2da1d8cb9f0p-7, -0x1.9fd2333ca1127p-13, 0x1.97c732bfb6996p-18},
    {-0x1.7dc454a77eec7p+2, 0x1.fd8e9011ff231p-8, -0x1.79a98bf365899p-13, 0x1.61e052f9654c6p-18},
    {-0x1.7d47ce388d23dp+2, 0x1.e6fc3648db5e1p-8, -0x1.588acf5e86a84p-13, 0x1.35165709ba03cp-18},
    {-0x1.7cd0acef34397p+2, 0x1.d25a610a7e43fp-8, -0x1.3b9c2ba34aa91p-13, 0x1.0f8fdd43cb505p-18},
    {-0x1.7c5e7c964b0c3p+2, 0x1.bf6b780114a17p-8, -0x1.222ff33213770p-13, 0x1.dfc4ab9d24793p-19},
    {-0x1.7bf0d71a0bce5p+2, 0x1.adfbafe33f449p-8, -0x1.0bba4b06cca61p-13, 0x1.a9e9bef98b4ecp-19},
    {-0x1.7b8762535b144p+2, 0x1.9ddf2a048ccabp-8, -0x1.ef931cf655349p-14, 0x1.7bd72a532fa65p-19},
    {-0x1.7b21ce3d3d94dp+2, 0x1.8ef07e496337cp-8, -0x1.cc0140298d70bp-14, 0x1.5431484b2611cp-19},
    {-0x1.7abfd37d61233p+2, 0x1.810f94f9ad725p-8, -0x1.ac253b69d6159p-14, 0x1.31e2d3508f5efp-19},
    {-0x1.7a61322e47873p+2, 0x1.7420bd3990afep-8, -0x1.8f7f30a082833p-14, 0x1.140cd0721c0f6p-19},
    {-0x1.7a05b0ddc33ffp+2, 0x1.680bf20c40007p-8, -0x1.75a416ee7458ep-14, 0x1.f3f5176b43e6bp-20},
    {-0x1.79ad1bb582c0cp+2, 0x1.5cbc4366b78b9p-8, -0x1.5e39c86f943bcp-14, 0x1.c6310d34d2562p-20},
    {-0x1.87ba7892c24c5p+2, 0x1.464c6cb37a0a2p-7, -0x1.3d89a073e2a0cp-12, 0x1.7ed2f0b3e977ep-17},
    {-0x1.871c18a88c486p+2, 0x1.339158082bf6ep-7, -0x1.19bf458bfe6b6p-12, 0x1.4149fa35966d9p-17},
    {-0x1.86868ed05f1bbp+2, 0x1.22e515aeeb277p-7, -0x1.f766e89a4df32p-13, 0x1.10498869258d3p-17},
    {-0x1.85f8e90a27cd9p+2, 0x1.13f50f359714ep-7, -0x1.c476533fe10c1p-13, 0x1.d18fb3f5efacep-18},
    {-0x1.85725a5638426p+2, 0x1.067f1ca99d8a9p-7, -0x1.98e7784a609e5p-13, 0x1.9126074ddec83p-18},
    {-0x1.84f2338473938p+2, 0x1.f49b3e3e0c6d8p-8, -0x1.735da3fc0180ap-13, 0x1.5c1c4765d8298p-18},
    {-0x1.8477ddae67921p+2, 0x1.de6954b1c61d5p-8, -0x1.52c90e64ba136p-13, 0x1.300a6bff54af7p-18},
    {-0x1.8402d5eab12a0p+2, 0x1.ca1fd69491ac5p-8, -0x1.36535a0c545e0p-13, 0x1.0b1e85e95baf1p-18},
    {-0x1.8392a9e9d7bfbp+2, 0x1.b7822906a14cap-8, -0x1.1d519bfc15ec0p-13, 0x1.d7e778b9a05bep-19},
    {-0x1.8326f5439249cp+2, 0x1.a65d564bd82cbp-8, -0x1.073a334a2f6fap-13, 0x1.a2eb3b904de79p-19},
    {-0x1.82bf5f4b0c0b9p+2, 0x1.968634f0baf68p-8, -0x1.e73a96dd6723bp-14, 0x1.75977f640e235p-19},
    {-0x1.825b994baabf1p+2, 0x1.87d7f7a7f007fp-8, -0x1.c43e87cd74730p-14, 0x1.4e96216d2f812p-19},
    {-0x1.81fb5d1797852p+2, 0x1.7a330bc574ce9p-8, -0x1.a4e8eb5b39988p-14, 0x1.2cd6430dbb9afp-19},
    {-0x1.819e6bd6df6abp+2, 0x1.6d7c336ba2e5ap-8, -0x1.88bbf05f25c8dp-14, 0x1.0f7c75187dda8p-19},
    {-0x1.81448d0a11386p+2, 0x1.619bcd869a877p-8, -0x1.6f4e461863dbbp-14, 0x1.ebadc8c761d1dp-20},
    {-0x1.80ed8db63e870p+2, 0x1.567d4145e22e1p-8, -0x1.584739e583526p-14, 0x1.bea8d982cbf92p-20},
    {-0x1.8ebc95048f109p+2, 0x1.40d4281aeda6bp-7, -0x1.3878ff8bc2a56p-12, 0x1.78d9508d865a2p-17},
    {-0x1.8e20ddb955b72p+2, 0x1.2e65a8916b816p-7, -0x1.153da88c7cfd2p-12, 0x1.3c42e4de435c8p-17},
    {-0x1.8d8dd85352979p+2, 0x1.1dfdbfbe2e0a7p-7, -0x1.ef546d2c326aep-13, 0x1.0c041296bfa32p-17},
    {-0x1.8d02969bcb861p+2, 0x1.0f4b1d16fd2e5p-7, -0x1.bd306b8228e8ap-13, 0x1.ca3dba7b0d2dbp-18},
    {-0x1.8c7e4eca3b642p+2, 0x1.020c9e5c2fc5ep-7, -0x1.9250e724ad29ap-13, 0x1.8ad3bec5a623cp-18},
    {-0x1.8c00546f9fa93p+2, 0x1.ec1af277b9093p-8, -0x1.6d5e83db9d27fp-13, 0x1.569cfbfe1fa0ap-18},
    {-0x1.8b88130639b25p+2, 0x1.d644e002e072dp-8, -0x1.4d4da5e16cdfep-13, 0x1.2b3acc32e2f54p-18},
    {-0x1.8b1509b5d7f9ep+2, 0x1.c24f8088a6e7cp-8, -0x1.314b3bfd96029p-13, 0x1.06e25cd53bc3ep-18},
    {-0x1.8aa6c7fe07fe0p+2, 0x1.afff2af8626cbp-8, -0x1.18aefdb1123c6p-13, 0x1.d068945c1659cp-19},
    {-0x1.8a3ceb0e00a4ap+2, 0x1.9f21b54d4a2b6p-8, -0x1.02f16a33b6969p-13, 0x1.9c40bde7cf724p-19},
    {-0x1.89d71ba17bca4p+2, 0x1.8f8ca2f03ef2ep-8, -0x1.df48cfdb5f625p-14, 0x1.6fa3060af1154p-19},
    {-0x1.89750c4477659p+2, 0x1.811bba3a6ab20p-8, -0x1.bcdb83d24b0e6p-14, 0x1.493e8c9bfb47bp-19},
    {-0x1.891677e778385p+2, 0x1.73afe762f4912p-8, -0x1.9e05fb9b9c164p-14, 0x1.2806a6bedc0dap-19},
    {-0x1.88bb20b365e0dp+2, 0x1.672e5a354b6edp-8, -0x1.824c5aebada9dp-14, 0x1.0b2347bddfc73p-19},
    {-0x1.8862cf10193bbp+2, 0x1.5b7fd0e293fd5p-8, -0x1.6946f4e8a4674p-14, 0x1.e3cab75a6c288p-20},
    {-0x1.880d50d3aaa1fp+2, 0x1.509005c62e20cp-8, -0x1.529e791f9dd8cp-14, 0x1.b77bfa6ba711cp-20},
    {-0x1.95a1198fcf3d6p+2, 0x1.3b9f1cb56750ap-7, -0x1.33a395c38cb54p-12, 0x1.7324144e2bf41p-17},
    {-0x1.9507ea2b490e2p+2, 0x1.2979b1df869a7p-7, -0x1.10f0dda2f620bp-12, 0x1.37757fbbe159ep-17},
    {-0x1.94774a271fdf3p+2, 0x1.1953007c33bbap-7, -0x1.e7a0cb6a51874p-13, 0x1.07efbca944277p-17},
    {-0x1.93ee4eea8104dp+2, 0x1.0adaef83a1067p-7, -0x1.b6402c7a4f20fp-13, 0x1.c34021758f11fp-18},
    {-0x1.936c31bf16119p+2, 0x1.fba2ada590a56p-8, -0x1.8c081990f9b4ep-13, 0x1.84ca7ae46b854p-18},
    {-0x1.92f048d738211p+2, 0x1.e4046e8577be1p-8, -0x1.67a651f0512bbp-13, 0x1.515d50e9ff0abp-18},
    {-0x1.927a01f265952p+2, 0x1.ce85f3c8f9de5p-8, -0x1.481336fdd724ep-13, 0x1.26a2f6f9d735fp-18},
    {-0x1.9208de31b1e2cp+2, 0x1.bae0cd03f4280p-8, -0x1.2c7ede88a819bp-13, 0x1.02d7677f3139dp-18},
    {-0x1.919c6eceb77f1p+2, 0x1.a8da382981fe3p-8, -0x1.144384bf2d9b1p-13, 0x1.c940ed2c441eap-19},
    {-0x1.9134527daf339p+2, 0x1.9840cdcfe1610p-8, -0x1.fdb761ce776e4p-14, 0x1.95e3f741e9cf2p-19},
    {-0x1.90d033527d4fap+2, 0x1.88eab67dcb061p-8, -0x1.d7b5e16e101b3p-14, 0x1.69f416deda2efp-19},
    {-0x1.906fc50b1e93fp+2, 0x1.7ab44592af854p-8, -0x1.b5d0d54356520p-14, 0x1.442573242a3bep-19},
    {-0x1.9012c3a963924p+2, 0x1.6d7ee074cce05p-8, -0x1.977587389134ap-14, 0x1.236f657fe8841p-19},
    {-0x1.8fb8f24b526bap+2, 0x1.61301fa8d4dacp-8, -0x1.7c29f98f5276bp-14, 0x1.06fd1d69792fap-19},
    {-0x1.8f621a3578da7p+2, 0x1.55b11c594fd44p-8, -0x1.63881099ebbd1p-14, 0x1.dc444e271ac2fp-20},
    {-0x1.8f0e0a0561e7dp+2, 0x1.4aede04c13accp-8, -0x1.4d39ce41d9363p-14, 0x1.b0a385082eebdp-20},
    {-0x1.9c696c5c4318ap+2, 0x1.36a81dcd8928dp-7, -0x1.2f050dcb4db7bp-12, 0x1.6dae552d65185p-17},
    {-0x1.9bd2a6abc8db9p+2, 0x1.24c888ea0ff95p-7, -0x1.0cd504d4add40p-12, 0x1.32dda5ddc4e63p-17},
    {-0x1.9b444f5fb26a9p+2, 0x1.14e027c88eba7p-7, -0x1.e04509d6cfc8cp-13, 0x1.0408fd27a23b8p-17},
    {-0x1.9abd7f54c22bep+2, 0x1.06a00b832f190p-7, -0x1.af9f4616cfcbap-13, 0x1.bc90d255fbf68p-18},
    {-0x1.9a3d72c47f9c9p+2, 0x1.f391f69fb2b99p-8, -0x1.86075154c95abp-13, 0x1.7f04f42e12257p-18},
    {-0x1.99c382652b16ap+2, 0x1.dc4f74deaa5b0p-8, -0x1.622fce7bb3ce6p-13, 0x1.4c58aa3b9bdfep-18},
    {-0x1.994f1e2205bfbp+2, 0x1.c724a30620033p-8, -0x1.4314f06d8910dp-13, 0x1.223edfc87ed5cp-18},
    {-0x1.98dfc8ff37164p+2, 0x1.b3cc191706eacp-8, -0x1.27e9d16a7c604p-13, 0x1.fdf4245108788p-19},
    {-0x1.987515dcf306fp+2, 0x1.a20bf202979e7p-8, -0x1.100b16a02f1aep-13, 0x1.c26a28b849e61p-19},
    {-0x1.980ea4e34e5bap+2, 0x1.91b38084f373cp-8, -0x1.f5ea7208132a4p-14, 0x1.8fcf3c5e56109p-19},
    {-0x1.97ac216f2543fp+2, 0x1.82998b127babfp-8, -0x1.d07ab6bab2edcp-14, 0x1.64859d3db609bp-19},
    {-0x1.974d4062ea75cp+2, 0x1.749aebeaa45f3p-8, -0x1.af17e1143725ap-14, 0x1.3f46429f449d9p-19},
    {-0x1.96f1bec59ecbep+2, 0x1.67997c57d79b2p-8, -0x1.913160c3d91d2p-14, 0x1.1f0c5e1f1391ap-19},
    {-0x1.9699609f86a8ep+2, 0x1.5b7b390360510p-8, -0x1.764f01e151986p-14, 0x1.030637cdaa665p-19},
    {-0x1.9643f00815f3bp+2, 0x1.50299214f7f98p-8, -0x1.5e0c2887148d5p-14, 0x1.d513be240f97ap-20},
    {-0x1.95f13c5b6a443p+2, 0x1.4590dd4111cc2p-8, -0x1.48141a4abb63cp-14, 0x1.aa19434910a54p-20},
    {-0x1.a316d8670f18ap+2, 0x1.31ea8889f6d30p-7, -0x1.2a997ff8fcc9bp-12, 0x1.6873a5e53b137p-17},
    {-0x1.a282607a55448p+2, 0x1.204dc604e3f05p-7, -0x1.08e6a06feecefp-12, 0x1.2e77994c52a06p-17},
    {-0x1.a1f63762e168cp+2, 0x1.10a10307628e1p-7, -0x1.d93ae04252acap-13, 0x1.004ca2ab89d5bp-17},
    {-0x1.a171794d89e6bp+2, 0x1.02966e592e7a1p-7, -0x1.a9480919bb3cdp-13, 0x1.b62a4e755831fp-18},
    {-0x1.a0f36543ca9b9p+2, 0x1.ebdf69079022bp-8, -0x1.804962d21d322p-13, 0x1.797e6721dffb5p-18},
    {-0x1.a07b566467e9ap+2, 0x1.d4f4a60f5f943p-8, -0x1.5cf6400195a08p-13, 0x1.478adf7670171p-18},
    {-0x1.a008beaeb61d8p+2, 0x1.c019d6c322dd2p-8, -0x1.3e4e7c57ea1c0p-13, 0x1.1e0adfab5fa30p-18},
    {-0x1.9f9b22f55009ep+2, 0x1.ad0a906dd62dcp-8, -0x1.23881651024acp-13, 0x1.f68e45f5a1ddep-19},
    {-0x1.9f3217acef06bp+2, 0x1.9b8dc1abc0e29p-8, -0x1.0c020253dd021p-13, 0x1.bbde8c802dcc0p-19},
    {-0x1.9ecd3e61945a3p+2, 0x1.8b736f80be5c2p-8, -0x1.ee752c64bac28p-14, 0x1.89fd70ed9df7ep-19},
    {-0x1.9e6c43aaf507fp+2, 0x1.7c92f79f30498p-8, -0x1.c990f1959cff1p-14, 0x1.5f5304d21dea3p-19},
    {-0x1.9e0edd8366aaep+2, 0x1.6ec9b56e6bde2p-8, -0x1.a8aab6e3a2bfcp-14, 0x1.3a9cdc45e362ap-19},
    {-0x1.9db4c9ebdb116p+2, 0x1.61f9f13109cafp-8, -0x1.8b33faa605b6ep-14, 0x1.1ad9d8005e18cp-19},
    {-0x1.9d5dcdccbab4fp+2, 0x1.560a07728bbf2p-8, -0x1.70b63f83ec4c2p-14, 0x1.fe766f167bb4ap-20},
    {-0x1.9d09b40743d99p+2, 0x1.4ae3bba358476p-8, -0x1.58ce59318a7abp-14, 0x1.ce32e52d55f33p-20},
    {-0x1.9cb84cade8a05p+2, 0x1.4073ac29670f6p-8, -0x1.4328c3463a4bap-14, 0x1.a3d79d0b637dcp-20},
    {-0x1.a9aa904c4b7b9p+2, 0x1.2d6232126d655p-7, -0x1.265d64cf312c6p-12, 0x1.637004103ea6bp-17},
    {-0x1.a9184c3ad4ffap+2, 0x1.1c0573d1ea294p-7, -0x1.052288f112147p-12, 0x1.2a3ff69b848a7p-17},
    {-0x1.a88e38c310fb6p+2, 0x1.0c91cccb8eb8ap-7, -0x1.d27ca1e945d4ep-13, 0x1.f96f92754078cp-18},
    {-0x1.a80b753ef5df3p+2, 0x1.fd74fbac9c478p-8, -0x1.a33553343d2d2p-13, 0x1.b0079cacb50a5p-18},
    {-0x1.a78f436a3755dp+2, 0x1.e4841eecfce6fp-8, -0x1.7ac9a2dbfa7c9p-13, 0x1.7432843481108p-18},
    {-0x1.a71900b2998b4p+2, 0x1.cded63a236f4dp-8, -0x1.57f5629c76315p-13, 0x1.42f02d84e9f71p-18},
    {-0x1.a6a82115735e2p+2, 0x1.b95f31f9b4a7ap-8, -0x1.39bbf0fd25b79p-13, 0x1.1a03a8e697ca2p-18},
    {-0x1.a63c2b209c5cep+2, 0x1.a69612265467cp-8, -0x1.1f5612a8ba63bp-13, 0x1.ef775e1e9efefp-19},
    {-0x1.a5d4b4cc7d284p+2, 0x1.9559bdbe2781ep-8, -0x1.0824f3348c4b7p-13, 0x1.b598ea694ca02p-19},
    {-0x1.a57160fa2cb43p+2, 0x1.857ae4b757b02p-8, -0x1.e75163c48dd5cp-14, 0x1.8469f611d4907p-19},
    {-0x1.a511dd6f12f24p+2, 0x1.76d175c70298ap-8, -0x1.c2f2d3a379f5bp-14, 0x1.5a5829d9028d7p-19},
    {-0x1.a4b5e131b3865p+2, 0x1.693b4827f22b9p-8, -0x1.a283fb95b4adap-14, 0x1.362586be2083ap-19},
    {-0x1.a45d2b3278e99p+2, 0x1.5c9b0e7edfb78p-8, -0x1.8578530d20adcp-14, 0x1.16d4764265df7p-19},
    {-0x1.a4078130888cbp+2, 0x1.50d781419a6c0p-8, -0x1.6b5b014755679p-14, 0x1.f732210430208p-20},
    {-0x1.a3b4aece70e95p+2, 0x1.45dab3b59157cp-8, -0x1.53ca3a7c6cc6bp-14, 0x1.c79c38b576c60p-20},
    {-0x1.a36484cd4d1e9p+2, 0x1.3b9189edef92fp-8, -0x1.3e73a3885f699p-14, 0x1.9dd9849c00fb0p-20},
    {-0x1.b025b0b56a3a8p+2, 0x1.290b58727b288p-7, -0x1.224d89798d775p-12, 0x1.5e9fcb9dadfc6p-17},
    {-0x1.af95886b5d6f7p+2, 0x1.17ec00d2aa64fp-7, -0x1.0185e2ab47fa5p-12, 0x1.2633aa4405ea1p-17},
    {-0x1.af0d73bc097eep+2, 0x1.08af1f05c3dbep-7, -0x1.cc052ac395ff9p-13, 0x1.f28fa24c36a7bp-18},
    {-0x1.ae8c950de1ff5p+2, 0x1.f611f62c5870bp-8, -0x1.9d627e0b8adbep-13, 0x1.aa243990b9854p-18},
    {-0x1.ae1230b30f674p+2, 0x1.dd79e18e50971p-8, -0x1.7583d73514faap-13, 0x1.6f1d6217842b6p-18},
    {-0x1.ad9da650841bdp+2, 0x1.c733b78db1011p-8, -0x1.532959c4f0308p-13, 0x1.3e852ab377676p-18},
    {-0x1.ad2e6bcd018e3p+2, 0x1.b2eef9dc48fecp-8, -0x1.3559c39d9f856p-13, 0x1.16263c5e20566p-18},
    {-0x1.acc4095fadf15p+2, 0x1.a06919e1ed97cp-8, -0x1.1b5083820aad8p-13, 0x1.e8aa22177b1ddp-19},
    {-0x1.ac5e1674eb694p+2, 0x1.8f6a9410269d0p-8, -0x1.0470e5bd760fdp-13, 0x1.af949005a3668p-19},
    {-0x1.abfc37350e5a6p+2, 0x1.7fc4bc762d24ep-8, -0x1.e07981b4d4f54p-14, 0x1.7f109b681fb52p-19},
    {-0x1.ab9e1a86eda8bp+2, 0x1.71500cfa43a70p-8, -0x1.bc9b2add8722dp-14, 0x1.55914baf5dbc5p-19},
    {-0x1.ab4378724f97dp+2, 0x1.63ead3b0c1a10p-8, -0x1.9c9ed71a8e271p-14, 0x1.31dce1f9cbd3bp-19},
    {-0x1.aaec10cd53722p+2, 0x1.5778295873b15p-8, -0x1.7ff9e2d62feb6p-14, 0x1.12f92cc1de2a1p-19},
    {-0x1.aa97aa2516c55p+2, 0x1.4bdf1e9d243f8p-8, -0x1.6639091aa769cp-14, 0x1.f039ffab0244fp-20},
    {-0x1.aa4610d590984p+2, 0x1.410a136084a40p-8, -0x1.4efbd08ceb3f5p-14, 0x1.c14ab391e0374p-20},
    {-0x1.a9f716475e35cp+2, 0x1.36e62e922720ep-8, -0x1.39f0fb67e4e86p-14, 0x1.981a6613119d1p-20},
    {-0x1.b689427a42965p+2, 0x1.24e295be3fb56p-7, -0x1.1e6705eb40140p-12, 0x1.59ffac046c101p-17},
    {-0x1.b5fb1f8b85a2fp+2, 0x1.13fe332315a51p-7, -0x1.fc1c29d3599efp-13, 0x1.224fe77872b60p-17},
    {-0x1.b574f4604acfcp+2, 0x1.04f5e74664448p-7, -0x1.c5cfcf7de4221p-13, 0x1.ebf4ae61683b3p-18},
    {-0x1.b4f5e64cfbb35p+2, 0x1.eefdee77210ecp-8, -0x1.97cb50aa37941p-13, 0x1.a47c09e204fd7p-18},
    {-0x1.b47d3c203ea15p+2, 0x1.d6bb13afa60fbp-8, -0x1.7074294603325p-13, 0x1.6a3b71ed3dfa5p-18},
    {-0x1.b40a579fee250p+2, 0x1.c0c23f573c581p-8, -0x1.4e8ea42298e68p-13, 0x1.3a46bc5ba33b9p-18},
    {-0x1.b39cb088f4d56p+2, 0x1.acc401b45c867p-8, -0x1.3124bd4268737p-13, 0x1.126fe07b76478p-18},
    {-0x1.b333d0ab043b6p+2, 0x1.9a7eac507abcfp-8, -0x1.17747333de9fbp-13, 0x1.e221c223954fdp-19},
    {-0x1.b2cf50d7c8735p+2, 0x1.89bb76e00da46p-8, -0x1.00e31deea6564p-13, 0x1.a9cd3836fee61p-19},
    {-0x1.b26ed671e28b8p+2, 0x1.7a4c53232abf8p-8, -0x1.d9e874902b2dep-14, 0x1.79ed922f68169p-19},
    {-0x1.b212117621bf8p+2, 0x1.6c0a40bfd3908p-8, -0x1.b68540e5c6ab7p-14, 0x1.50fb0146defd9p-19},
    {-0x1.b1b8bae35aa62p+2, 0x1.5ed3fffc68699p-8, -0x1.96f6e4d7515aep-14, 0x1.2dbfdccc949d4p-19},
    {-0x1.b162936c417d0p+2, 0x1.528d0bb0b76cep-8, -0x1.7ab48eefe0c74p-14, 0x1.0f4536abf46bep-19},
    {-0x1.b10f6263ba89ap+2, 0x1.471cc947b386ap-8, -0x1.614c7e50a3560p-14, 0x1.e98906b6bfac4p-20},
    {-0x1.b0bef4d7c2d28p+2, 0x1.3c6de23c188c5p-8, -0x1.4a5f7edc6c4afp-14, 0x1.bb39c65dd064ep-20},
    {-0x1.b0711cd1cb8f5p+2, 0x1.326dbdb7f0ccfp-8, -0x1.359d650b93b2ap-14, 0x1.9296190e0fe74p-20},
    {-0x1.bcd63c802aaa4p+2, 0x1.20e4d51608b4fp-7, -0x1.1aa7345b953c9p-12, 0x1.558c9eed79ac6p-17},
    {-0x1.bc4a0a00dd368p+2, 0x1.10391dfe630c4p-7, -0x1.f5718496a18e3p-13, 0x1.1e922039eff31p-17},
    {-0x1.bbc5b482a32b0p+2, 0x1.01635cb6b74d5p-7, -0x1.bfd84facdfbf7p-13, 0x1.e59a5b8d4dec3p-18},
    {-0x1.bb48642b41705p+2, 0x1.e83393a5ea8bap-8, -0x1.926bf2f867a43p-13, 0x1.9f0b4ed7c17b5p-18},
    {-0x1.bad1622d88f90p+2, 0x1.d0429f1fabc84p-8, -0x1.6b971aadf0e10p-13, 0x1.65897519e72f7p-18},
    {-0x1.ba60125b5f185p+2, 0x1.ba941a47601bfp-8, -0x1.4a221110b056fp-13, 0x1.36320df9af259p-18},
    {-0x1.b9f3ee35ce821p+2, 0x1.a6d999b7ab910p-8, -0x1.2d19f11795a7ep-13, 0x1.0ede195325671p-18},
    {-0x1.b98c811561312p+2, 0x1.94d24699f52adp-8, -0x1.13bf3072362d7p-13, 0x1.dbd9db94b20f5p-19},
    {-0x1.b92965234cbbap+2, 0x1.84480cc7383d2p-8, -0x1.faf23e148d00bp-14, 0x1.a43efecc600dcp-19},
    {-0x1.b8ca40f0610bbp+2, 0x1.750d75af5d6f3p-8, -0x1.d399a021f7cfbp-14, 0x1.74fd623486499p-19},
    {-0x1.b86ec584aa44bp+2, 0x1.66fc019e84994p-8, -0x1.b0acccb40ace1p-14, 0x1.4c922f329594ep-19},
    {-0x1.b816accc7dde0p+2, 0x1.59f2deb0bb3eep-8, -0x1.91882641bec9ap-14, 0x1.29cbabf2b38e9p-19},
    {-0x1.b7c1b84e9a915p+2, 0x1.4dd5e6167f272p-8, -0x1.75a49bcd5162bp-14, 0x1.0bb60e5ec242ap-19},
    {-0x1.b76fb01c004bfp+2, 0x1.428ccebb306f9p-8, -0x1.5c91e1d543602p-14, 0x1.e31aa4769e73bp-20},
    {-0x1.b72061edc8c33p+2, 0x1.380288e03512ap-8, -0x1.45f1fd1f10280p-14, 0x1.b5654a07c6c81p-20},
    {-0x1.b6d3a067f8acep+2, 0x1.2e24b972dc058p-8, -0x1.3175c9f2056c3p-14, 0x1.8d48d4654bbc4p-20},
    {-0x1.c30d8560989abp+2, 0x1.1d0f4938b8d9dp-7, -0x1.170ba9e8fdae6p-12, 0x1.5143e01b62cadp-17},
    {-0x1.c2832fc227dedp+2, 0x1.0c9a18c13c28ap-7, -0x1.ef078450207b3p-13, 0x1.1af7fe7a38855p-17},
    {-0x1.c2009d65d011bp+2, 0x1.fbe9eeff507f6p-8, -0x1.ba1ac9dfd8602p-13, 0x1.df7cae39b8996p-18},
    {-0x1.c184f927d919bp+2, 0x1.e1ae11289c32bp-8, -0x1.8d40e2e7f8b5dp-13, 0x1.99ce9bfa0bd87p-18},
    {-0x1.c10f8e886b02fp+2, 0x1.ca0be4e0dbfd5p-8, -0x1.66e97b61dbdc9p-13, 0x1.610474710e9bbp-18},
    {-0x1.c09fc351e2489p+2, 0x1.b4a4da2a69b0ep-8, -0x1.45e0b790c17e8p-13, 0x1.32448973a45c5p-18},
    {-0x1.c03512b87e387p+2, 0x1.a12b8053f144ap-8, -0x1.2936b417ef41ap-13, 0x1.0b6ea1d7cf0abp-18},
    {-0x1.bfcf098ee74e8p+2, 0x1.8f5fd02a66322p-8, -0x1.102e469cd1cbcp-13, 0x1.d5ce6cbf948d1p-19},
    {-0x1.bf6d4348f688ap+2, 0x1.7f0c62fc93480p-8, -0x1.f46148e7458bap-14, 0x1.9ee655c999d08p-19},
    {-0x1.bf0f679a4d9ccp+2, 0x1.70045447865adp-8, -0x1.cd88d06574be5p-14, 0x1.703ce03c2d243p-19},
    {-0x1.beb5288c251ecp+2, 0x1.6221a034213d7p-8, -0x1.ab0de63acdbdcp-14, 0x1.4853ff0af57dfp-19},
    {-0x1.be5e40ef5e58ep+2, 0x1.5543de9c7d0afp-8, -0x1.8c4ef75376dc3p-14, 0x1.25fdc24da16f4p-19},
    {-0x1.be0a7316c07abp+2, 0x1.494f4384a870ap-8, -0x1.70c6a29373f0bp-14, 0x1.08496662bfb26p-19},
    {-0x1.bdb987ca36b0fp+2, 0x1.3e2bd44cfc69cp-8, -0x1.580604039551ep-14, 0x1.dceaad1a7e275p-20},
    {-0x1.bd6b4d677cc10p+2, 0x1.33c4c557cdc4ep-8, -0x1.41b04db28bd71p-14, 0x1.afc9743137f0dp-20},
    {-0x1.bd1f97274eaf5p+2, 0x1.2a07f7058b419p-8, -0x1.2d7759ebe737bp-14, 0x1.882f238c0f56ap-20},
    {-0x1.c92ff4df34487p+2, 0x1.195f6463f0c9fp-7, -0x1.13923034d6560p-12, 0x1.4d22e65e51915p-17},
    {-0x1.c8a769d16657ap+2, 0x1.091eb72ae78efp-7, -0x1.e8da35aa1a71dp-13, 0x1.177f5e21f8d0dp-17},
    {-0x1.c826893a5073dp+2, 0x1.f550d2c467a8ep-8, -0x1.b493b147dabeep-13, 0x1.d9980027b9ca8p-18},
    {-0x1.c7ac809381e72p+2, 0x1.db690094d71eap-8, -0x1.8846eb109240dp-13, 0x1.94c2ce4eebc87p-18},
    {-0x1.c7389d9505ed9p+2, 0x1.c412af87ebf96p-8, -0x1.6268611c0a194p-13, 0x1.5ca9b889e7a76p-18},
    {-0x1.c6ca47ef4aa20p+2, 0x1.aef076322a3c7p-8, -0x1.41c7ee71e2900p-13, 0x1.2e7bd062e4eddp-18},
    {-0x1.c660fc79ddf50p+2, 0x1.9bb5d5892d978p-8, -0x1.257895d50c41dp-13, 0x1.081f65f12ee8ap-18},
    {-0x1.c5fc4973b0f4ap+2, 0x1.8a238e7b41215p-8, -0x1.0cbf7714f3433p-13, 0x1.cffbca84f8852p-19},
    {-0x1.c59bcb8f21fa2p+2, 0x1.7a04e184b204dp-8, -0x1.ee0f3704ac173p-14, 0x1.99bffc1759765p-19},
    {-0x1.c53f2b97f7f19p+2, 0x1.6b2d76e382901p-8, -0x1.c7b22e0b41834p-14, 0x1.6ba925af8cd03p-19},
    {-0x1.c4e61c8f23eebp+2, 0x1.5d77c21d8ad78p-8, -0x1.a5a4fbb45d3e2p-14, 0x1.443dd7f410b59p-19},
    {-0x1.c4905a21a980bp+2, 0x1.50c3c0f248f78p-8, -0x1.8748048a61461p-14, 0x1.2253ca26ccbc5p-19},
    {-0x1.c43da766d327ap+2, 0x1.44f5feea7c26fp-8, -0x1.6c1787bb0db9fp-14, 0x1.04fd23519b241p-19},
    {-0x1.c3edcdd6b7292p+2, 0x1.39f6ccfefc93dp-8, -0x1.53a5fbd9f4122p-14, 0x1.d6f54f9fd8b43p-20},
    {-0x1.c3a09c6d9e057p+2, 0x1.2fb1a136386f4p-8, -0x1.3d97b5572b182p-14, 0x1.aa62cd18003d5p-20},
    {-0x1.c355e6f37a9a2p+2, 0x1.261495375fd9cp-8, -0x1.299f834df2332p-14, 0x1.8345dd58fa096p-20},
    {-0x1.cf3e5535fc217p+2, 0x1.15d2d14cdd365p-7, -0x1.1038bfd233c19p-12, 0x1.49275d6cbc918p-17},
    {-0x1.ceb7838b694e1p+2, 0x1.05c4c2aa92f77p-7, -0x1.e2e5f94d9736cp-13, 0x1.142647d961923p-17},
    {-0x1.ce3844713da49p+2, 0x1.eef72ea157f9bp-8, -0x1.af3fc4b5bd837p-13, 0x1.d3e8f7828f31fp-18},
    {-0x1.cdbfc7e68f41ep+2, 0x1.d5605d61f353dp-8, -0x1.837b1a837d1adp-13, 0x1.8fe504a720867p-18},
    {-0x1.cd4d5dc71b81ap+2, 0x1.be532774cc01ep-8, -0x1.5e111fe85741fp-13, 0x1.5876c30e341e5p-18},
    {-0x1.cce06f9811ee6p+2, 0x1.a9733fa13276cp-8, -0x1.3dd5457d58053p-13, 0x1.2ad5b639626cbp-18},
    {-0x1.cc787bc55938ep+2, 0x1.96750ffdb7800p-8, -0x1.21dd5a3041a37p-13, 0x1.04ee7d54cbe2dp-18},
    {-0x1.cc1511ed26563p+2, 0x1.851a1a880cf49p-8, -0x1.0970b371cfecbp-13, 0x1.ca5e9731f7522p-19},
    {-0x1.cbb5cff4f67d1p+2, 0x1.752e40ffc81c1p-8, -0x1.e7f83c48269e1p-14, 0x1.94c8f56531e86p-19},
    {-0x1.cb5a5fb6ab280p+2, 0x1.6685b3672015fp-8, -0x1.c212347f89cabp-14, 0x1.673f895ae7950p-19},
    {-0x1.cb0275220994bp+2, 0x1.58fb5864a76c3p-8, -0x1.a06ec856f214bp-14, 0x1.404d581a1a04dp-19},
    {-0x1.caadccb84e00fp+2, 0x1.4c6f8ffe7051dp-8, -0x1.82704238ef41ap-14, 0x1.1ecb9f509c052p-19},
    {-0x1.ca5c2a4e33a35p+2, 0x1.40c73a24d8818p-8, -0x1.679472edbec09p-14, 0x1.01cf56867472bp-19},
    {-0x1.ca0d5805a2a6bp+2, 0x1.35eaf0b7df41fp-8, -0x1.4f6f1f566cb6bp-14, 0x1.d1370c2cd5385p-20},
    {-0x1.c9c12573b7d4ap+2, 0x1.2bc6690ac1f9fp-8, -0x1.39a5b3ffd7f11p-14, 0x1.a52e26cdb9c49p-20},
    {-0x1.c97766ea7088cp+2, 0x1.2247f3ffea4cep-8, -0x1.25ebec2a45e63p-14, 0x1.7e8a1bffbf70fp-20},
    {-0x1.d539643d1479cp+2, 0x1.12676d060ed79p-7, -0x1.0cfd7b6862bfep-12, 0x1.454f207f5a8eep-17},
    {-0x1.d4b43bd29b03fp+2, 0x1.028a348efd9d5p-7, -0x1.dd277b297f158p-13, 0x1.10eaec76929f7p-17},
    {-0x1.d4368ee9ec495p+2, 0x1.e8d927c1811e6p-8, -0x1.aa1c06bc0b7b8p-13, 0x1.ce6c7f0ed56abp-18},
    {-0x1.d3bf8ff141703p+2, 0x1.cf907a451cfffp-8, -0x1.7edabda8bf66dp-13, 0x1.8b3298e091326p-18},
    {-0x1.d34e90d501ec7p+2, 0x1.b8c9c89bea8a3p-8, -0x1.59e143a2c9f45p-13, 0x1.546948defe62fp-18},
    {-0x1.d2e2fcdecda97p+2, 0x1.a429d7f7ccf41p-8, -0x1.3a067f817c310p-13, 0x1.27503b222e4cdp-18},
    {-0x1.d27c5400cb070p+2, 0x1.9165f386b5452p-8, -0x1.1e62f3e04c46ap-13, 0x1.01da2703d057ep-18},
    {-0x1.d21a272c2eaa1p+2, 0x1.804057ab23db8p-8, -0x1.06401872477d7p-13, 0x1.c4f3ba85354e4p-19},
    {-0x1.d1bc156ed6f18p+2, 0x1.708581d452951p-8, -0x1.e218dc5bfd596p-14, 0x1.8ffe83107bcc6p-19},
    {-0x1.d161c9a74a205p+2, 0x1.620a25150a675p-8, -0x1.bca5a936de70ep-14, 0x1.62fd991599190p-19},
    {-0x1.d10af8abc14bfp+2, 0x1.54a9973688872p-8, -0x1.9b684c399d5d4p-14, 0x1.3c804effbd5b1p-19},
    {-0x1.d0b75fca3d6b6p+2, 0x1.4844971bd93b2p-8, -0x1.7dc4e4f38cb8cp-14, 0x1.1b634a04cc14ap-19},
    {-0x1.d066c38e41188p+2, 0x1.3cc0562db93cdp-8, -0x1.633ac7ee7bf53p-14, 0x1.fd7c72f335726p-20},
    {-0x1.d018eebd8bccep+2, 0x1.3205b4a9a4295p-8, -0x1.4b5efcce857cfp-14, 0x1.cbacaba31c68cp-20},
    {-0x1.cfcdb180ab83dp+2, 0x1.2800a4fae524cp-8, -0x1.35d7fe8eea145p-14, 0x1.a028958b51a4bp-20},
    {-0x1.cf84e0aec9034p+2, 0x1.1e9fad51cb45ep-8, -0x1.225a6c693a348p-14, 0x1.79f9360ed7da3p-20},
    {-0x1.db21d472fcf0ap+2, 0x1.0f1b41ae60f64p-7, -0x1.09deab6f0845ep-12, 0x1.419835947d304p-17},
    {-0x1.da9e4619ccc9bp+2, 0x1.feda61ec2836ap-8, -0x1.d79baacda6caap-13, 0x1.0dcba0fa27360p-17},
    {-0x1.da221cff333bbp+2, 0x1.e2f334ea88132p-8, -0x1.a525b6ca45be5p-13, 0x1.c91fbf4d4ac05p-18},
    {-0x1.d9ac8deb6a396p+2, 0x1.c9f5f7ee0a36dp-8, -0x1.7a6357fec6974p-13, 0x1.86a919fb23c2cp-18},
    {-0x1.d93cecc98d14bp+2, 0x1.b37359a2841a0p-8, -0x1.55d68a4506900p-13, 0x1.507f2cf06b985p-18},
    {-0x1.d8d2a698462ebp+2, 0x1.9f112867a0043p-8, -0x1.36598d1a615cep-13, 0x1.23e987826ebcep-18},
    {-0x1.d86d3cc2ae035p+2, 0x1.8c8588ebd8895p-8, -0x1.1b077fa5b1c28p-13, 0x1.fdc18aac7ba58p-19},
    {-0x1.d80c418166033p+2, 0x1.7b936bab34a35p-8, -0x1.032be99015d38p-13, 0x1.bfb85aae98ec5p-19},
    {-0x1.d7af55008b80bp+2, 0x1.6c07e480c89a2p-8, -0x1.dc6de2878d84cp-14, 0x1.8b5e1dea5b96cp-19},
    {-0x1.d756231a5ce6dp+2, 0x1.5db8251fb6168p-8, -0x1.b7699411a9fafp-14, 0x1.5ee11431cb549p-19},
    {-0x1.d7006183a0696p+2, 0x1.507feeaf2702ep-8, -0x1.968ec53d1e32dp-14, 0x1.38d4b87fea10ep-19},
    {-0x1.d6adce501418cp+2, 0x1.44405bb69612bp-8, -0x1.79435af12b695p-14, 0x1.1818fa64b549fp-19},
    {-0x1.d65e2ebbb9914p+2, 0x1.38deec521c31ep-8, -0x1.5f082065f9602p-14, 0x1.f790535dcf582p-20},
    {-0x1.d6114e2a8422bp+2, 0x1.2e44c4b79848ap-8, -0x1.4773551d3905bp-14, 0x1.c653383d217aap-20},
    {-0x1.d5c6fd535e78fp+2, 0x1.245e1255752c0p-8, -0x1.322c795cafb48p-14, 0x1.9b4f68f783ee5p-20},
    {-0x1.d57f118e04d47p+2, 0x1.1b198ed868294p-8, -0x1.1ee908a08a2aep-14, 0x1.7590b84b486bap-20},
    {-0x1.e0f84de931857p+2, 0x1.0bec81cb1986bp-7, -0x1.06daba6e0d114p-12, 0x1.3e00c9436d9d4p-17},
    {-0x1.e0764b531c887p+2, 0x1.f8d804bfe91fdp-8, -0x1.d23fb4b283aedp-13, 0x1.0ac6db05fded6p-17},
    {-0x1.dffb98787a927p+2, 0x1.dd4216089d262p-8, -0x1.a05a4b1defea0p-13, 0x1.c400186efa2dap-18},
    {-0x1.df876c678d201p+2, 0x1.c48dbcefacda9p-8, -0x1.76129e9c43d12p-13, 0x1.824646e26d369p-18},
    {-0x1.df191cf929ff4p+2, 0x1.ae4ce41b53410p-8, -0x1.51eedee507e41p-13, 0x1.4cb67bc2e458dp-18},
    {-0x1.deb018d279385p+2, 0x1.9a265a5d10c00p-8, -0x1.32cc881cffe0cp-13, 0x1.209fe8041fb9fp-18},
    {-0x1.de4be2caf3adep+2, 0x1.87d116b719b01p-8, -0x1.17c94014c7056p-13, 0x1.f801b4ff16977p-19},
    {-0x1.ddec0e57b8690p+2, 0x1.7710b7cbc3d32p-8, -0x1.00328d1d4c9a0p-13, 0x1.baa9d62627ee8p-19},
    {-0x1.dd903cb991018p+2, 0x1.67b2e2e7f7d18p-8, -0x1.d6f45a7de6cdap-14, 0x1.86e570bd5e2cep-19},
    {-0x1.dd381abe05fb8p+2, 0x1.598d442d3c44ap-8, -0x1.b25b38ae1f031p-14, 0x1.5ae7e69792c63p-19},
    {-0x1.dce35ef0f425dp+2, 0x1.4c7c0490dae2ep-8, -0x1.91dfa8d324169p-14, 0x1.3548b8699e79dp-19},
    {-0x1.dc91c82532fefp+2, 0x1.406097337f1a8p-8, -0x1.74e9463bce642p-14, 0x1.14eb04847d8cep-19},
    {-0x1.dc431c415436dp+2, 0x1.3520c8469c138p-8, -0x1.5afa467211986p-14, 0x1.f1d74a43c71d3p-20},
    {-0x1.dbf727422bd8dp+2, 0x1.2aa5fdb51f0fcp-8, -0x1.43aa168826b7cp-14, 0x1.c127f70ff966bp-20},
    {-0x1.dbadba68353cfp+2, 0x1.20dc9df906bc2p-8, -0x1.2ea1336a77128p-14, 0x1.96a0263da8a74p-20},
    {-0x1.db66ab8769cccp+2, 0x1.17b39483a0dc5p-8, -0x1.1b95ed8d3da6ep-14, 0x1.714e604adbfd8p-20},
    {-0x1.e6bd6f18a5e1fp+2, 0x1.08d984346a69dp-7, -0x1.03f031aeff06cp-12, 0x1.3a872b0c14370p-17},
    {-0x1.e63ceac66d073p+2, 0x1.f30a2b9b328dap-8, -0x1.cd10fc4c8c17cp-13, 0x1.07db2dbd7922fp-17},
    {-0x1.e5c3a162191bfp+2, 0x1.d7c2ccc5f1ab3p-8, -0x1.9bb76b6b8d449p-13, 0x1.bf0b1cfe0af34p-18},
    {-0x1.e550cc2d0ca6cp+2, 0x1.bf54eea91bff5p-8, -0x1.71e6735912761p-13, 0x1.7e0809d359b7cp-18},
    {-0x1.e4e3c2ddc874bp+2, 0x1.a953adb97bd5cp-8, -0x1.4e28554c4991ep-13, 0x1.490d6763e6741p-18},
    {-0x1.e47bf5b22e381p+2, 0x1.9566d0f5bf95fp-8, -0x1.2f5daf8e23776p-13, 0x1.1d71ca179d2e1p-18},
    {-0x1.e418e8e233430p+2, 0x1.83461ae92987bp-8, -0x1.14a699e057a76p-13, 0x1.f2720af7cf369p-19},
    {-0x1.e3ba31151c618p+2, 0x1.72b5d2baa72ddp-8, -0x1.faa511b143681p-14, 0x1.b5c5be3c4746fp-19},
    {-0x1.e35f709751772p+2, 0x1.63842a7333106p-8, -0x1.d1a98a08b6bc6p-14, 0x1.82925378229afp-19},
    {-0x1.e3085521ac175p+2, 0x1.558744aa63b02p-8, -0x1.ad781087000e1p-14, 0x1.57102473ace1bp-19},
    {-0x1.e2b4961010e1cp+2, 0x1.489baec4d122fp-8, -0x1.8d589e8497673p-14, 0x1.31da96a053223p-19},
    {-0x1.e263f2ee297d1p+2, 0x1.3ca3319b0371bp-8, -0x1.70b47793afdd9p-14, 0x1.11d7dcede7bf6p-19},
    {-0x1.e21632477b687p+2, 0x1.3183e2f9da63dp-8, -0x1.570f2fdc937ecp-14, 0x1.ec4e8e3c62dbdp-20},
    {-0x1.e1cb20acb2958p+2, 0x1.2727685d3808ap-8, -0x1.4001584204e8fp-14, 0x1.bc286251eb15ep-20},
    {-0x1.e1828fe352004p+2, 0x1.1d7a5f6e501e8p-8, -0x1.2b346229a3198p-14, 0x1.921882d7c6ae4p-20},
    {-0x1.e13c5637768a7p+2, 0x1.146be3c2fdf13p-8, -0x1.185f6c19386f9p-14, 0x1.6d3017b238de4p-20},
    {-0x1.ec71cda10b3e4p+2, 0x1.05e0c07f8ba68p-7, -0x1.011db65071bd2p-12, 0x1.3729ca123ecd8p-17},
    {-0x1.ebf2bad26b77ep+2, 0x1.ed6deeae99654p-8, -0x1.c80d16cf753b2p-13, 0x1.050747010b818p-17},
    {-0x1.eb7aced004905p+2, 0x1.d27296074abc8p-8, -0x1.973aec2666e15p-13, 0x1.ba3e8d22e4511p-18},
    {-0x1.eb0944fc72384p+2, 0x1.ba48eb0a227bdp-8, -0x1.6ddce087475bdp-13, 0x1.79ec7448c634bp-18},
    {-0x1.ea9d76dca979bp+2, 0x1.a48532567d974p-8, -0x1.4a8126127a5f5p-13, 0x1.458243e42f406p-18},
    {-0x1.ea36d63a3bc0fp+2, 0x1.90d023422b5bap-8, -0x1.2c0b6411e4dfbp-13, 0x1.1a5db8dbe7266p-18},
    {-0x1.e9d4e8a257cc3p+2, 0x1.7ee24571cd6d6p-8, -0x1.119e10933bd18p-13, 0x1.ed0ffeafebb89p-19},
    {-0x1.e97743e49c89cp+2, 0x1.6e80833ac05b1p-8, -0x1.f514fdd067a42p-14, 0x1.b109d24a3d16ep-19},
    {-0x1.e91d8b507d17cp+2, 0x1.5f7996eb94b1ap-8, -0x1.cc8aeb711f297p-14, 0x1.7e62c6e6aae84p-19},
    {-0x1.e8c76d82976c8p+2, 0x1.51a415cf03595p-8, -0x1.a8bdc5c2f6cbep-14, 0x1.53580665d1dafp-19},
    {-0x1.e874a2a0293b7p+2, 0x1.44dcee87864f2p-8, -0x1.88f77b1c7ecbfp-14, 0x1.2e88bbaefbb37p-19},
    {-0x1.e824eae7bc98fp+2, 0x1.39063ceb04c24p-8, -0x1.6ca2e9ec48b52p-14, 0x1.0ede158a7718bp-19},
    {-0x1.e7d80d847b17bp+2, 0x1.2e065e094bae7p-8, -0x1.5344f9e24429dp-14, 0x1.e6f38aeb02451p-20},
    {-0x1.e78dd796247b6p+2, 0x1.23c734e808188p-8, -0x1.3c77567484a93p-14, 0x1.b752244ae0e73p-20},
    {-0x1.e7461b62f85cbp+2, 0x1.1a35949c7132dp-8, -0x1.27e45dc23cbc4p-14, 0x1.8db65ff3704dap-20},
    {-0x1.e700afab5582dp+2, 0x1.1140c756e7a8bp-8, -0x1.1543f5d9060b9p-14, 0x1.6933f0006cafdp-20},
    {-0x1.f215f6f5678c8p+2, 0x1.0300cbd4fa30cp-7, -0x1.fcc40d5c8f1d3p-13, 0x1.33e732365e09cp-17},
    {-0x1.f198499ab181cp+2, 0x1.e8009e54724d4p-8, -0x1.c331c689c6f8fp-13, 0x1.0249ecf909baep-17},
    {-0x1.f121af8d6bd99p+2, 0x1.cd4ee42dbc6cbp-8, -0x1.92e2ca51d3393p-13, 0x1.b598527105019p-18},
    {-0x1.f0b166406fe71p+2, 0x1.b5674314c3207p-8, -0x1.69f415290f2bfp-13, 0x1.75f1bb5d368fep-18},
    {-0x1.f046c8f8b9529p+2, 0x1.9fdf1eada6f2bp-8, -0x1.46f7ab2a0824dp-13, 0x1.42138433b73b4p-18},
    {-0x1.efe14aff2bf9ap+2, 0x1.8c60173602f25p-8, -0x1.28d424c37588dp-13, 0x1.17625a60035bfp-18},
    {-0x1.ef80732b8259dp+2, 0x1.7aa37350a7734p-8, -0x1.0eae43a9e8afbp-13, 0x1.e7d9318e0518dp-19},
    {-0x1.ef23d86c6bf76p+2, 0x1.6a6ebb715e88bp-8, -0x1.efb25659e1bd6p-14, 0x1.ac73fb6daa8d7p-19},
    {-0x1.eecb1f0c461e3p+2, 0x1.5b912df091b0dp-8, -0x1.c796288ccd6a5p-14, 0x1.7a54f0e75aba8p-19},
    {-0x1.ee75f6844aff5p+2, 0x1.4de1cf3ac21cep-8, -0x1.a42a2e9c97489p-14, 0x1.4fbde61d9cddfp-19},
    {-0x1.ee2417bcbbba7p+2, 0x1.413dec2902044p-8, -0x1.84ba3c61355e5p-14, 0x1.2b51adbe5719ep-19},
    {-0x1.edd543a1606d3p+2, 0x1.3587f0f8266ecp-8, -0x1.68b2be6e5bba0p-14, 0x1.0bfc5ae71c69cp-19},
    {-0x1.ed8941f7fdfacp+2, 0x1.2aa67fc1709c3p-8, -0x1.4f99e57681ab3p-14, 0x1.e1c3dc0d11915p-20},
    {-0x1.ed3fe06ae3a4ep+2, 0x1.2083b72808ddfp-8, -0x1.390a6ebf3f6d0p-14, 0x1.b2a312d8042adp-20},
    {-0x1.ecf8f1bcfc169p+2, 0x1.170c9e0154b83p-8, -0x1.24af9dc7a9b0ap-14, 0x1.8977c65cb1a4cp-20},
    {-0x1.ecb44d1f3a6f9p+2, 0x1.0e30aba29e29ap-8, -0x1.124219f1835fap-14, 0x1.65581ed4faa26p-20},
    {-0x1.f7aa70f82ba54p+2, 0x1.00385624236f9p-7, -0x1.f777f0278a1c9p-13, 0x1.30be097fac0e7p-17},
    {-0x1.f72e1da538b2ap+2, 0x1.e2bfbdbe0acbbp-8, -0x1.be7cf6c4ca7dep-13, 0x1.ff43f7cb07b35p-18},
    {-0x1.f6b8cabb773cdp+2, 0x1.c8555a029ffd7p-8, -0x1.8ead27c9ee9c6p-13, 0x1.b1167c29ff977p-18},
    {-0x1.f649b7adde661p+2, 0x1.b0adb601d914ap-8, -0x1.662a6192efe3ap-13, 0x1.721634927b93ap-18},
    {-0x1.f5e04173bdcc8p+2, 0x1.9b5f4bb429d82p-8, -0x1.438a5ccf84db0p-13, 0x1.3ebfb75648bddp-18},
    {-0x1.f57bdcc98eebbp+2, 0x1.88149d2f2d939p-8, -0x1.25b68c67795e3p-13, 0x1.147e6d31e7d97p-18},
    {-0x1.f51c11c7751c2p+2, 0x1.7687aa474635bp-8, -0x1.0bd5ebff4cfc6p-13, 0x1.e2cb6ffaf7c3ap-19},
    {-0x1.f4c078725fc96p+2, 0x1.667e94bfe5f86p-8, -0x1.ea7ac1c5c903ep-14, 0x1.a80248bce3935p-19},
    {-0x1.f468b607df4fcp+2, 0x1.57c91af63157cp-8, -0x1.c2c9165990999p-14, 0x1.7667190b82b77p-19},
    {-0x1.f4147ad6ff54ap+2, 0x1.4a3ead152f162p-8, -0x1.9fbb494ed015bp-14, 0x1.4c403b579a87bp-19},
    {-0x1.f3c38085017cfp+2, 0x1.3dbcf34c6bbddp-8, -0x1.809f05490cbf5p-14, 0x1.28340de194165p-19},
    {-0x1.f37588a5933c0p+2, 0x1.3226a7cabaf21p-8, -0x1.64e238ed57101p-14, 0x1.093171c5b63efp-19},
    {-0x1.f32a5b944dec6p+2, 0x1.2762af962f9e8p-8, -0x1.4c0c53f2f1f69p-14, 0x1.dcbd4914d1d5cp-20},
    {-0x1.f2e1c781c72f2p+2, 0x1.1d5b631c12988p-8, -0x1.35b91d1c18586p-14, 0x1.ae192b6f3799cp-20},
    {-0x1.f29b9fa9b898dp+2, 0x1.13fdfb5bd869bp-8, -0x1.2194b64cd99dfp-14, 0x1.855ae2dd7924bp-20},
    {-0x1.f257bbaa2c642p+2, 0x1.0b3a1b6d129dap-8, -0x1.0f5882578a1dap-14, 0x1.619afaa054dd8p-20},
    {-0x1.fd2fba88ab075p+2, 0x1.fb0c4f5010fa5p-8, -0x1.f254e95bea2ffp-13, 0x1.2dad0dcd6f4d8p-17},
    {-0x1.fcb4b66908013p+2, 0x1.dda8fe3b31e02p-8, -0x1.b9ecb817cd619p-13, 0x1.fa1cc854cd335p-18},
    {-0x1.fc40a0611cdf0p+2, 0x1.c383c636fe421p-8, -0x1.8a9847f461207p-13, 0x1.acb73be79cdeap-18},
    {-0x1.fbd2b9d4ab49cp+2, 0x1.ac1a2cf2f8877p-8, -0x1.627e346c7142cp-13, 0x1.6e5852f253a0ap-18},
    {-0x1.fb6a616052356p+2, 0x1.9703ba78cce2cp-8, -0x1.4037cecf1f00fp-13, 0x1.3b8585e56a8e4p-18},
    {-0x1.fb070d28f9421p+2, 0x1.83ebcbff47fa0p-8, -0x1.22b14eed3728fp-13, 0x1.11b0c6310ced5p-18},
    {-0x1.faa8467d8ae77p+2, 0x1.728d1508eeab0p-8, -0x1.0913d9822eebdp-13, 0x1.dde4ad8dee943p-19},
    {-0x1.fa4da670d643bp+2, 0x1.62ae4c16d5ee1p-8, -0x1.e56c1108e98f7p-14, 0x1.a3b2ebe4b2f8fp-19},
    {-0x1.f9f6d32c4a37fp+2, 0x1.541fabb89bccbp-8, -0x1.be21b114ed3c0p-14, 0x1.7297a595b6d92p-19},
    {-0x1.f9a37dce4ff94p+2, 0x1.46b90c9f74021p-8, -0x1.9b6f38748f770p-14, 0x1.48dd992e2da86p-19},
    {-0x1.f95360b373c76p+2, 0x1.3a586f95bf518p-8, -0x1.7ca41a9a4a50ap-14, 0x1.252e95ae39270p-19},
    {-0x1.f9063e1234446p+2, 0x1.2ee0da669233bp-8, -0x1.612fbcc104403p-14, 0x1.067c34f267508p-19},
    {-0x1.f8bbded775b94p+2, 0x1.2439730306746p-8, -0x1.489ac42525ea9p-14, 0x1.d7ddc13edfae8p-20},
    {-0x1.f87411b60217dp+2, 0x1.1a4cc9e665396p-8, -0x1.3281f91bd20f7p-14, 0x1.a9b28f91fff27p-20},
    {-0x1.f82eaa5eb75c1p+2, 0x1.110848b847743p-8, -0x1.1e92554b6fc50p-14, 0x1.815e03027cc32p-20},
    {-0x1.f7eb80d96689ap+2, 0x1.085bbd018dbccp-8, -0x1.0c85f15dd7c84p-14, 0x1.5dfaf7b10bf31p-20},
    {-0x1.01532601cc033p+3, 0x1.f5d23d64888a3p-8, -0x1.ed58f36c866e1p-13, 0x1.2ab312c685240p-17},
    {-0x1.01164667e1b24p+3, 0x1.d8ba3b07dc7c7p-8, -0x1.b57f3d202b833p-13, 0x1.f51c5120cb0dbp-18},
    {-0x1.00dcd4f6db4ddp+3, 0x1.bed81f63183d9p-8, -0x1.86a28ccc0b5d7p-13, 0x1.a878e2a04b44bp-18},
    {-0x1.00a67351b4a1dp+3, 0x1.a7aab71f02953p-8, -0x1.5eee18033937ap-13, 0x1.6ab6a47cecddfp-18},
    {-0x1.0072d19333a0dp+3, 0x1.92ca9079629b7p-8, -0x1.3cfeae15444b2p-13, 0x1.3863afd5f5cb6p-18},
    {-0x1.0041ab7cb50b1p+3, 0x1.7fe3dd6667890p-8, -0x1.1fc337349de05p-13, 0x1.0ef84e9c306e3p-18},
    {-0x1.0012c64c7cfdep+3, 0x1.6eb1ffd78ad93p-8, -0x1.0666f129d492dp-13, 0x1.d92301a09e457p-19},
    {-0x1.ffcbde1dce5fap+2, 0x1.5efc3eb225c6fp-8, -0x1.e0843bd0117a0p-14, 0x1.9f84362253c6bp-19},
    {-0x1.ff75f2963bf53p+2, 0x1.50934d157b9b3p-8, -0x1.b99e18bfe2b1ep-14, 0x1.6ee518ca2a344p-19},
    {-0x1.ff237be9e68fep+2, 0x1.434f692897b45p-8, -0x1.97443fccec322p-14, 0x1.4594abb3c1bd0p-19},
    {-0x1.fed4352736d94p+2, 0x1.370ee9b708c30p-8, -0x1.78c7dfe8cab88p-14, 0x1.22401515d8757p-19},
    {-0x1.fe87e122a8573p+2, 0x1.2bb51def7a98dp-8, -0x1.5d99c9f6b512bp-14, 0x1.03db935438d32p-19},
    {-0x1.fe3e495619d49p+2, 0x1.21296ac548b0cp-8, -0x1.4543cfae2b624p-14, 0x1.d3235813004b8p-20},
    {-0x1.fdf73cf2aad05p+2, 0x1.1756971b4309ep-8, -0x1.2f63b36f8d692p-14, 0x1.a56d81a1cc61ep-20},
    {-0x1.fdb2901ae1689p+2, 0x1.0e2a3bd2116e4p-8, -0x1.1ba7405346057p-14, 0x1.7d7f9238cba46p-20},
    {-0x1.fd701b3d2eee9p+2, 0x1.05944fa360a3bp-8, -0x1.09c93f8726d3bp-14, 0x1.5a76a591fd212p-20},
    {-0x1.04074bdbf8864p+3, 0x1.f0c05b66df203p-8, -0x1.e8822b9cb2507p-13, 0x1.27ceffff9cb58p-17},
    {-0x1.03cb09d5c7472p+3, 0x1.d3f1758eaf0e2p-8, -0x1.b132d791a4ae2p-13, 0x1.f040b9687845ep-18},
    {-0x1.03922d57e737ap+3, 0x1.ba508075953d8p-8, -0x1.82ca743c53a75p-13, 0x1.a459ddfad0ceep-18},
    {-0x1.035c58ef7dd17p+3, 0x1.a35d86699fcc8p-8, -0x1.5b78afe65e68ep-13, 0x1.672fcfdbbfc92p-18},
    {-0x1.03293d7de204fp+3, 0x1.8eb2145ed6ffbp-8, -0x1.39ddbe81152c8p-13, 0x1.35590a790b524p-18},
    {-0x1.02f8976e4c576p+3, 0x1.7bfb2af083006p-8, -0x1.1ceb25108c44ap-13, 0x1.0c5402530623cp-18},
    {-0x1.02ca2c9173450p+3, 0x1.6af4d57fa0bb4p-8, -0x1.03ce2b2212454p-13, 0x1.d484a43ee3247p-19},
    {-0x1.029dca72dbe1fp+3, 0x1.5b66e73156032p-8, -0x1.dbc15d219be8dp-14, 0x1.9b74958e471cep-19},
    {-0x1.02734508d1f1dp+3, 0x1.4d22883dff769p-8, -0x1.b53c8e015c4cbp-14, 0x1.6b4e0e86f59cfp-19},
    {-0x1.024a75a8d8f87p+3, 0x1.400059578646fp-8, -0x1.9338c1573e0cfp-14, 0x1.426435cd4100bp-19},
    {-0x1.02233a307ddc1p+3, 0x1.33df04d0be591p-8, -0x1.7508d4e590736p-14, 0x1.1f677079707edp-19},
    {-0x1.01fd7456b0753p+3, 0x1.28a2211e668ccp-8, -0x1.5a1efacef4b18p-14, 0x1.014e8e31b4f1ap-19},
    {-0x1.01d9091ccfd71p+3, 0x1.1e315064b200ep-8, -0x1.420628a9c57c5p-14, 0x1.ce8c4242f0343p-20},
    {-0x1.01b5e058bf112p+3, 0x1.14778e5bb372bp-8, -0x1.2c5d13b587450p-14, 0x1.a148620990b19p-20},
    {-0x1.0193e452ecb17p+3, 0x1.0b62a1bf9f6adp-8, -0x1.18d25279300ccp-14, 0x1.79be17390f6f6p-20},
    {-0x1.0173017461cbap+3, 0x1.02e2a949c848cp-8, -0x1.07215993e46f5p-14, 0x1.570cacaf73eb4p-20},
    {-0x1.06b48528cea52p+3, 0x1.ebd4b2f258d37p-8, -0x1.e3cecf0e8964dp-13, 0x1.24ffcf5196226p-17},
    {-0x1.0678dc1142737p+3, 0x1.cf4cd211b486bp-8, -0x1.ad05f59441f23p-13, 0x1.eb88473d6fa7bp-18},
    {-0x1.06409020b3973p+3, 0x1.b5eb258442574p-8, -0x1.7f0e95c261c3ep-13, 0x1.a058b5e7bb7dap-18},
    {-0x1.060b44c7d3221p+3, 0x1.9f30ec58213c6p-8, -0x1.581cb6c122cb3p-13, 0x1.63c292508a9dcp-18},
    {-0x1.05d8aba8ea4c8p+3, 0x1.8ab8ab12d9f4ep-8, -0x1.36d3d8f0a001bp-13, 0x1.32647eb142d96p-18},
    {-0x1.05a881d43cec6p+3, 0x1.78302b2902a24p-8, -0x1.1a280b7dfcce4p-13, 0x1.09c2ee45930ebp-18},
    {-0x1.057a8da8cbd7ep+3, 0x1.67541ca7446fbp-8, -0x1.01489127f6f25p-13, 0x1.d007eb66b9dbep-19},
    {-0x1.054e9d2da869ap+3, 0x1.57ecdaff90bb4p-8, -0x1.d721b058b23cdp-14, 0x1.978292ae41b48p-19},
    {-0x1.052484c516593p+3, 0x1.49cc003638465p-8, -0x1.b0fb6f5bb08b9p-14, 0x1.67d13a1b966dap-19},
    {-0x1.04fc1e2382579p+3, 0x1.3cca8cbff4c1ap-8, -0x1.8f4b3abc59002p-14, 0x1.3f4b0f450638ep-19},
    {-0x1.04d5477a5b7a1p+3, 0x1.30c77c1aa22f1p-8, -0x1.716592f62b012p-14, 0x1.1ca39eef7c08fp-19},
    {-0x1.04afe2cb13252p+3, 0x1.25a6a9fcedb16p-8, -0x1.56be017e5237ep-14, 0x1.fda86f4656e42p-20},
    {-0x1.048bd55983681p+3, 0x1.1b4ff4004c621p-8, -0x1.3ee0979477695p-14, 0x1.ca16d2dbc97f4p-20},
    {-0x1.0469073721830p+3, 0x1.11ae8932b28dap-8, -0x1.296cf680cab1fp-14, 0x1.9d41acb252999p-20},
    {-0x1.044762e1f313bp+3, 0x1.08b05cdecc355p-8, -0x1.16127a7d3031bp-14, 0x1.761831b70a0b3p-20},
    {-0x1.0426d4f364155p+3, 0x1.0045b49ac54f8p-8, -0x1.048d3ec425cb5p-14, 0x1.53bbcc3a9baafp-20},
};
/* end of table */

/* Arithmetic that must not be fused. The operands are volatile, so that the compiler cannot do the sum itself. */
static inline int ganrt__fused(void)
{
    volatile double above = 1.0 + 0x1p-30, below = 1.0 - 0x1p-30, one = 1.0;
    double a = above, b = below, c = one;
    double rounded = a * b - c; /* 0; fused: -2^-60 */
    volatile float least = 0x1p-149f, half = 1.0f;
    float kept = least * half; /* 0 where the processor flushes subnormals */
    return rounded != 0.0 || !(kept > 0.0f);
}

static inline uint64_t ganrt__bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double ganrt__double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Section 1: four words of Philox4x32-10. */
static inline void ganrt_philox(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    int round;
    for (round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c[0];
        uint64_t p1 = UINT64_C(0xCD9E8D57) * c[2];
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[3] = (uint32_t)p0;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
}

static inline void ganrt__words(uint32_t c[4], uint64_t seed, uint64_t index, uint64_t block, uint32_t stream)
{
    c[0] = (uint32_t)block;
    c[1] = (uint32_t)index;
    c[2] = (uint32_t)(index >> 32);
    c[3] = stream;
    ganrt_philox(c, (uint32_t)seed, (uint32_t)(seed >> 32));
}

static inline double ganrt__quantile(double u)
{
    double other = 1.0 - u, p = other < u ? other : u;
    uint64_t bits = ganrt__bits(p), sign = (uint64_t)(u > 0.5) << 63; /* no branch on what is as random as a coin */
    if (p == 0.5)
        return 0.0;
    {
        const double *c = ganrt__table[16 * (1021 - (int)(bits >> 52)) + (int)((bits >> 48) & 15)];
        double f = ganrt__double(((bits & UINT64_C(0xFFFFFFFFFFFF)) << 4) + UINT64_C(0x3FF0000000000000)) - 1.0;
        double x = ((c[3] * f + c[2]) * f + c[1]) * f + c[0];
        return ganrt__double(ganrt__bits(x) ^ sign);
    }
}

/* Section 3: the normal quantile, for u from 2^-53 to 1 - 2^-53; NaN for any other. */
static inline double ganrt_quantile(double u)
{
    return u >= 0x1p-53 && u <= 1.0 - 0x1p-53 ? ganrt__quantile(u) : (double)NAN;
}

/* Whether this build computes what the specification says; call it once at the start of the program. */
static inline ganrt_status ganrt_check(void)
{
    static const double known[][2] = {{0x1p-53, -0x1.06b48528cea52p+3}, {0x1p-33, -0x1.95a1198fcf3d6p+2},
                                      {0x1p-10, -0x1.8c73502ae34efp+1}, {0x1.999999999999ap-4, -0x1.4813c36691761p+0},
                                      {0x1.8p-1, 0x1.5956b87528a49p-1}, {0x1.3333333333333p-2, -0x1.0c7e3987a22c8p-1}};
    size_t i;
    if (ganrt__fused())
        return GANRT_BAD_BUILD;
    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        volatile double u = known[i][0];
        if (ganrt__bits(ganrt_quantile(u)) != ganrt__bits(known[i][1]))
            return GANRT_BAD_BUILD;
    }
    return GANRT_OK;
}

/* Section 4: the tail of the normal truncated at t. */
static inline double ganrt__tail(double t)
{
    double low = 0x1p-53, high = 0.5;
    int i;
    for (i = 0; i < 128; i++) {
        double middle = 0.5 * (low + high);
        if (ganrt__quantile(middle) < -t)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* What values are drawn from. threshold: in (0, 8], or GANRT_NO_THRESHOLD; psi: 0 to 16, 1 for none. */
static inline ganrt_status ganrt_law_make(ganrt_law *law, ganrt_prior prior, double threshold, double psi,
                                          ganrt_psi_mode mode)
{
    int given = threshold != GANRT_NO_THRESHOLD;
    ganrt_law made;
    memset(&made, 0, sizeof made);
    made.threshold = 2.0;
    made.tail = 0.5;
    made.factor = 1.0f;
    if ((given && !(threshold > 0 && threshold <= 8)) || !(psi >= 0 && psi <= 16))
        return GANRT_BAD_ARGUMENT;
    if (prior != GANRT_NORMAL && prior != GANRT_TRUNCATED_NORMAL && prior != GANRT_UNIFORM)
        return GANRT_BAD_ARGUMENT;
    if ((unsigned)mode > GANRT_STYLE || (prior == GANRT_UNIFORM && given))
        return GANRT_BAD_ARGUMENT;
    if (mode == GANRT_STYLE) {
        psi = 1.0;
        mode = GANRT_SCALE;
    }
    if (ganrt__fused())
        return GANRT_BAD_BUILD;
    made.uniform = prior == GANRT_UNIFORM;
    made.truncated = !made.uniform && (prior == GANRT_TRUNCATED_NORMAL || given || mode == GANRT_RESAMPLE);
    if (given)
        made.threshold = threshold;
    if (mode == GANRT_RESAMPLE && !made.uniform) {
        made.threshold = psi * made.threshold;
        if (made.threshold > 8)
            return GANRT_BAD_ARGUMENT;
    } else
        made.factor = (float)psi;
    if (made.truncated && made.threshold > 0)
        made.tail = ganrt__tail(made.threshold);
    made.uniform_factor = (float)psi;
    *law = made;
    return GANRT_OK;
}

/* Section 9: "normal:62,onehot:10,uniform:2" -> parts; how many values in all, 0 if the text is none. */
static inline uint32_t ganrt__parse_parts(const char *text, ganrt_part part[GANRT_MAX_PARTS], uint32_t *parts)
{
    static const struct {
        const char *name;
        ganrt_prior prior;
    } known[] = {{"normal:", GANRT_NORMAL},
                 {"truncated_normal:", GANRT_TRUNCATED_NORMAL},
                 {"uniform:", GANRT_UNIFORM},
                 {"onehot:", GANRT_ONEHOT}};
    uint32_t count = 0, first = 0;
    for (;;) {
        uint32_t dim = 0, i = 0;
        while (i < 4 && strncmp(text, known[i].name, strlen(known[i].name)) != 0)
            i++;
        if (i == 4 || count == GANRT_MAX_PARTS)
            return 0;
        for (text += strlen(known[i].name); *text >= '0' && *text <= '9' && dim <= 65536; text++)
            dim = dim * 10 + (uint32_t)(*text - '0');
        if (dim < (known[i].prior == GANRT_ONEHOT ? 2u : 1u) || dim > 65536 - first || (*text != 0 && *text != ','))
            return 0;
        part[count].prior = known[i].prior;
        part[count].first = first;
        part[count++].dim = dim;
        first += dim;
        if (*text++ == 0)
            break;
    }
    *parts = count;
    return first;
}

static inline ganrt_status ganrt__law_of_parts(ganrt_law *law, const ganrt_part *part, uint32_t parts, double threshold,
                                               double psi, ganrt_psi_mode mode)
{
    ganrt_status status;
    ganrt_law made;
    int plain = 0, bounded = 0;
    uint32_t i;
    for (i = 0; i < parts; i++) {
        plain |= part[i].prior == GANRT_NORMAL;
        bounded |= part[i].prior == GANRT_TRUNCATED_NORMAL;
    }
    /* Truncated parts without a threshold are truncated at 2: the law's threshold and tail, whatever normal ones do. */
    status = ganrt_law_make(&made,
                            bounded ? GANRT_TRUNCATED_NORMAL
                            : plain ? GANRT_NORMAL
                                    : GANRT_UNIFORM,
                            threshold, psi, mode);
    if (status != GANRT_OK)
        return status;
    made.truncated = threshold != GANRT_NO_THRESHOLD || mode == GANRT_RESAMPLE; /* of normal parts */
    made.parts = parts;
    memcpy(made.part, part, parts * sizeof part[0]);
    *law = made;
    return GANRT_OK;
}

/* The law of a latent in parts, such as "normal:62,onehot:10,uniform:2": 0-terminated, no spaces, at most 64 parts. Its
 * latents have as many values as the parts together. threshold, psi, mode: as for ganrt_law_make. */
static inline ganrt_status ganrt_law_parts(ganrt_law *law, const char *prior, double threshold, double psi,
                                           ganrt_psi_mode mode)
{
    ganrt_part part[GANRT_MAX_PARTS];
    uint32_t parts;
    if (ganrt__parse_parts(prior, part, &parts) == 0)
        return GANRT_BAD_ARGUMENT;
    return ganrt__law_of_parts(law, part, parts, threshold, psi, mode);
}

static inline double ganrt__draw(const ganrt_law *law, int uniform, int truncated, uint32_t word)
{
    double u = (2.0 * (double)word + 1.0) * 0x1p-33;
    if (uniform)
        return 2.0 * u - 1.0;
    if (!truncated)
        return ganrt__quantile(u);
    if (law->threshold == 0)
        return 0.0;
    {
        double x = ganrt__quantile(law->tail + u * (1.0 - 2.0 * law->tail));
        return x < -law->threshold ? -law->threshold : x > law->threshold ? law->threshold : x;
    }
}

/* A choice of `count` by word `word` of the stream of choices. */
static inline uint32_t ganrt__choice(uint64_t seed, uint64_t index, uint64_t count, uint32_t word)
{
    uint32_t c[4];
    ganrt__words(c, seed, index, word / 4, GANRT_STREAM_CLASS);
    return (uint32_t)((c[word % 4] * count) >> 32);
}

/* One part of a latent; `choice`: its number among the onehot parts. */
static inline void ganrt__fill(const ganrt_law *law, const ganrt_part *part, uint32_t choice, uint64_t seed,
                               uint64_t index, ganrt_stream stream, float *z)
{
    uint32_t k, last = part->first + part->dim, c[4];
    int uniform = part->prior == GANRT_UNIFORM, truncated = law->truncated || part->prior == GANRT_TRUNCATED_NORMAL;
    float factor = uniform ? law->uniform_factor : law->factor;
    if (part->prior == GANRT_ONEHOT) {
        for (k = part->first; k < last; k++)
            z[k] = 0.0f;
        z[part->first + ganrt__choice(seed, index, part->dim, choice + 1)] = 1.0f;
        return;
    }
    for (k = part->first; k < last; k++) {
        float value;
        if (k == part->first || k % 4 == 0)
            ganrt__words(c, seed, index, k / 4, (uint32_t)stream);
        value = (float)ganrt__draw(law, uniform, truncated, c[k % 4]);
        z[k] = value * factor;
    }
}

/* The latent of image `index` of `seed`: z[0] to z[dim - 1], dim 1 to 2^34 (of a law in parts: their sum, and no other).
 * Stream: GANRT_STREAM_Z for images. */
static inline ganrt_status ganrt_latent(const ganrt_law *law, uint64_t seed, uint64_t index, ganrt_stream stream,
                                        float *z, uint64_t dim)
{
    uint64_t k;
    if (dim == 0 || dim > GANRT_MAX_DIM || stream == GANRT_STREAM_CLASS || (unsigned)stream > GANRT_STREAM_ENCODER)
        return GANRT_BAD_ARGUMENT;
    if (ganrt__fused())
        return GANRT_BAD_BUILD;
    if (law->parts > 0) {
        uint32_t i, choices = 0;
        if (dim != (uint64_t)law->part[law->parts - 1].first + law->part[law->parts - 1].dim)
            return GANRT_BAD_ARGUMENT;
        for (i = 0; i < law->parts; i++) {
            ganrt__fill(law, &law->part[i], choices, seed, index, stream, z);
            choices += law->part[i].prior == GANRT_ONEHOT;
        }
        return GANRT_OK;
    }
    for (k = 0; k < dim; k += 4) {
        uint32_t c[4];
        uint64_t i, count = dim - k < 4 ? dim - k : 4;
        ganrt__words(c, seed, index, k / 4, (uint32_t)stream);
        for (i = 0; i < count; i++) {
            float value = (float)ganrt__draw(law, law->uniform, law->truncated, c[i]);
            z[k + i] = value * law->factor;
        }
    }
    return GANRT_OK;
}

/* The latents of images start to start + count - 1 of `seed`, one after another: z has count * dim values. */
static inline ganrt_status ganrt_latents(const ganrt_law *law, uint64_t seed, uint64_t start, size_t count, float *z,
                                         uint64_t dim)
{
    size_t i;
    if (count > 0 && (uint64_t)(count - 1) > UINT64_MAX - start)
        return GANRT_BAD_ARGUMENT;
    for (i = 0; i < count; i++) {
        ganrt_status status = ganrt_latent(law, seed, start + i, GANRT_STREAM_Z, z + i * (size_t)dim, dim);
        if (status != GANRT_OK)
            return status;
    }
    return GANRT_OK;
}

/* Section 5: a class of `count`, 1 to 2^32. */
static inline ganrt_status ganrt_class(uint64_t seed, uint64_t index, uint64_t count, uint32_t *chosen)
{
    if (count == 0 || count > UINT64_C(1) << 32)
        return GANRT_BAD_ARGUMENT;
    *chosen = ganrt__choice(seed, index, count, 0);
    return GANRT_OK;
}

/* SHA-256 (FIPS 180-4). */
typedef struct {
    uint32_t h[8];
    uint64_t length;
    unsigned char block[64];
} ganrt__sha;

static inline uint32_t ganrt__rotate(uint32_t x, int n)
{
    return (x >> n) | (x << (32 - n));
}

static inline void ganrt__sha_block(ganrt__sha *s)
{
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64], v[8];
    int i;
    for (i = 0; i < 16; i++) {
        const unsigned char *b = s->block + 4 * i;
        w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (; i < 64; i++) {
        uint32_t s0 = ganrt__rotate(w[i - 15], 7) ^ ganrt__rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t s1 = ganrt__rotate(w[i - 2], 17) ^ ganrt__rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(v, s->h, sizeof v);
    for (i = 0; i < 64; i++) {
        uint32_t s1 = ganrt__rotate(v[4], 6) ^ ganrt__rotate(v[4], 11) ^ ganrt__rotate(v[4], 25);
        uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
        uint32_t s0 = ganrt__rotate(v[0], 2) ^ ganrt__rotate(v[0], 13) ^ ganrt__rotate(v[0], 22);
        uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static inline void ganrt__sha_add(ganrt__sha *s, const unsigned char *data, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) {
        s->block[s->length++ % 64] = data[i];
        if (s->length % 64 == 0)
            ganrt__sha_block(s);
    }
}

static inline void ganrt__sha_end(ganrt__sha *s)
{
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = s->length * 8;
    unsigned char tail[8];
    int i;
    for (i = 0; i < 8; i++)
        tail[i] = (unsigned char)(bits >> (56 - 8 * i));
    ganrt__sha_add(s, padding, 1 + (size_t)((119 - s->length % 64) % 64));
    ganrt__sha_add(s, tail, 8);
}

static inline int ganrt__is_utf8(const unsigned char *s, size_t n)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    size_t i = 0;
    while (i < n) {
        unsigned char first = s[i++];
        int j, more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : -1;
        uint32_t point;
        if (more < 0 || (size_t)more > n - i)
            return 0;
        point = more == 0 ? first : first & (0x3Fu >> more);
        for (j = 0; j < more; j++, i++) {
            if (s[i] >> 6 != 2)
                return 0;
            point = point << 6 | (s[i] & 0x3Fu);
        }
        if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return 0;
    }
    return 1;
}

static inline ganrt_status ganrt__sha_text(ganrt__sha *s, const char *text, size_t n)
{
    unsigned char length[4];
    int i;
#if SIZE_MAX > UINT32_MAX
    if (n > UINT32_MAX)
        return GANRT_BAD_ARGUMENT;
#endif
    if (!ganrt__is_utf8((const unsigned char *)text, n))
        return GANRT_BAD_TEXT;
    for (i = 0; i < 4; i++)
        length[i] = (unsigned char)((uint32_t)n >> (24 - 8 * i));
    ganrt__sha_add(s, length, 4);
    ganrt__sha_add(s, (const unsigned char *)text, n);
    return GANRT_OK;
}

static inline ganrt_status ganrt__identity(const char *identity, size_t bytes, const char *name_space,
                                           size_t name_space_bytes, uint32_t reroll, uint64_t *index)
{
    char digits[10];
    size_t first = sizeof digits;
    ganrt__sha s = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
                    0,
                    {0}};
    ganrt_status status = name_space ? ganrt__sha_text(&s, name_space, name_space_bytes)
                                     : ganrt__sha_text(&s, "ganrt", 5);
    if (status == GANRT_OK)
        status = ganrt__sha_text(&s, identity, bytes);
    for (; reroll; reroll /= 10)
        digits[--first] = (char)('0' + reroll % 10);
    if (status == GANRT_OK && first < sizeof digits)
        status = ganrt__sha_text(&s, digits + first, sizeof digits - first);
    if (status != GANRT_OK)
        return status;
    ganrt__sha_end(&s);
    *index = (uint64_t)s.h[0] << 32 | s.h[1];
    return GANRT_OK;
}

/* Section 6: the index, under seed 0, of an identity: UTF-8 of `bytes` bytes, which may be 0 (and hold zero bytes).
 * name_space: NULL for "ganrt". */
static inline ganrt_status ganrt_identity(const char *identity, size_t bytes, const char *name_space,
                                          size_t name_space_bytes, uint64_t *index)
{
    return ganrt__identity(identity, bytes, name_space, name_space_bytes, 0, index);
}

/* The same of another draw for an identity whose first one is spoilt: 1, 2, ...; 0 is the first. */
static inline ganrt_status ganrt_identity_reroll(const char *identity, size_t bytes, const char *name_space,
                                                 size_t name_space_bytes, uint32_t reroll, uint64_t *index)
{
    return ganrt__identity(identity, bytes, name_space, name_space_bytes, reroll, index);
}

/* Section 8: paths between latents, equal to Python's to within float32 rounding. t: 0 (a) to 1 (b). `out` may be a. */
static inline ganrt_status ganrt_lerp(const float *a, const float *b, double t, float *out, size_t dim)
{
    size_t i;
    if (!(t >= 0 && t <= 1))
        return GANRT_BAD_ARGUMENT;
    for (i = 0; i < dim; i++)
        out[i] = (float)((1 - t) * (double)a[i] + t * (double)b[i]);
    return GANRT_OK;
}

/* Half a turn from a to its opposite b, through the axis that is farthest from a (the straight line meets zero). */
static inline void ganrt__half_turn(const float *a, double norm_a, double norm_b, double t, float *out, size_t dim)
{
    const double pi = 3.14159265358979323846;
    size_t i, axis = 0;
    double along, length, norm = (1 - t) * norm_a + t * norm_b;
    for (i = 1; i < dim; i++)
        if (fabs((double)a[i]) < fabs((double)a[axis]))
            axis = i;
    along = (double)a[axis] / norm_a;
    length = sqrt((1 - along * along) > 0 ? 1 - along * along : 0);
    for (i = 0; i < dim; i++) {
        double unit = (double)a[i] / norm_a;
        double side = length > 1e-8 ? ((i == axis ? 1.0 : 0.0) - along * unit) / length : 0;
        out[i] = (float)(norm * (cos(pi * t) * unit + sin(pi * t) * side));
    }
}

/* The great arc from a to b; the straight line where they are parallel or one is zero. `out` may not be a or b. */
static inline ganrt_status ganrt_slerp(const float *a, const float *b, double t, float *out, size_t dim)
{
    double aa = 0, bb = 0, minus = 0, plus = 0, angle;
    size_t i;
    if (!(t >= 0 && t <= 1))
        return GANRT_BAD_ARGUMENT;
    for (i = 0; i < dim; i++) {
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    aa = sqrt(aa);
    bb = sqrt(bb);
    for (i = 0; i < dim; i++) { /* Kahan's angle: exact near 0 and pi as well */
        double x = (double)a[i] * bb, y = (double)b[i] * aa;
        minus += (x - y) * (x - y);
        plus += (x + y) * (x + y);
    }
    angle = 2 * atan2(sqrt(minus), sqrt(plus));
    if (!(angle > 1e-8))
        return ganrt_lerp(a, b, t, out, dim);
    if (3.14159265358979323846 - angle <= 1e-8) {
        ganrt__half_turn(a, aa, bb, t, out, dim);
        return GANRT_OK;
    }
    for (i = 0; i < dim; i++)
        out[i] = (float)((sin((1 - t) * angle) * (double)a[i] + sin(t * angle) * (double)b[i]) / sin(angle));
    return GANRT_OK;
}

/* The great arcs of a law's latents, each part on its own; choices go straight, so that they always add up to 1. */
static inline ganrt_status ganrt_between(const ganrt_law *law, const float *a, const float *b, double t, float *out,
                                         size_t dim)
{
    uint32_t i;
    if (law->parts == 0)
        return ganrt_slerp(a, b, t, out, dim);
    if (dim != (size_t)law->part[law->parts - 1].first + law->part[law->parts - 1].dim)
        return GANRT_BAD_ARGUMENT;
    for (i = 0; i < law->parts; i++) {
        const ganrt_part *part = &law->part[i];
        size_t first = part->first;
        ganrt_status status = part->prior == GANRT_ONEHOT ? ganrt_lerp(a + first, b + first, t, out + first, part->dim)
                                                          : ganrt_slerp(a + first, b + first, t, out + first, part->dim);
        if (status != GANRT_OK)
            return status;
    }
    return GANRT_OK;
}

/* spec.json: JSON in UTF-8. The reader below looks up members by name and checks the rest only as far as it must. */
typedef struct {
    const char *at, *end; /* one value; at is NULL where there is none, and equal to end where it cannot be told */
} ganrt__json;

static inline const char *ganrt__space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* The end of the string that starts at `at`; NULL if it has none. */
static inline const char *ganrt__string_end(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

/* The end of the value that starts at `at`: brackets are counted, not matched by kind; NULL if it has none. */
static inline const char *ganrt__value_end(const char *at, const char *end)
{
    int depth = 0;
    const char *start = at;
    if (at >= end)
        return NULL;
    if (*at == '"')
        return ganrt__string_end(at, end);
    if (*at != '{' && *at != '[') {
        while (at < end && strchr(",]} \t\r\n", *at) == NULL)
            at++;
        return at > start ? at : NULL;
    }
    while (at != NULL && at < end) {
        if (*at == '"') {
            at = ganrt__string_end(at, end);
            continue;
        }
        depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        at++;
        if (depth == 0)
            return at;
    }
    return NULL;
}

/* The one member of this name: of two, parsers take different ones. */
static inline ganrt__json ganrt__member(ganrt__json object, const char *name)
{
    ganrt__json found = {NULL, NULL}, value, bad;
    size_t length = strlen(name);
    const char *at = object.at;
    bad.at = bad.end = object.at;
    if (at == NULL || at >= object.end || *at != '{')
        return found;
    at = ganrt__space(at + 1, object.end);
    while (at < object.end && *at == '"') {
        const char *key = at + 1, *key_end = ganrt__string_end(at, object.end);
        if (key_end == NULL)
            return bad;
        at = ganrt__space(key_end, object.end);
        if (at >= object.end || *at != ':')
            return bad;
        value.at = ganrt__space(at + 1, object.end);
        value.end = ganrt__value_end(value.at, object.end);
        if (value.end == NULL)
            return bad;
        if ((size_t)(key_end - 1 - key) == length && memcmp(key, name, length) == 0) {
            if (found.at != NULL)
                return bad;
            found = value;
        }
        at = ganrt__space(value.end, object.end);
        if (at < object.end && *at == ',')
            at = ganrt__space(at + 1, object.end);
    }
    return found;
}

/* Copies a value to `text` and ends it with 0; 0 if it does not fit. */
static inline int ganrt__copy(ganrt__json value, char *text, size_t room)
{
    size_t length = (size_t)(value.end - value.at);
    if (value.at == NULL || length >= room)
        return 0;
    memcpy(text, value.at, length);
    text[length] = 0;
    return 1;
}

static inline int ganrt__is_null(ganrt__json value)
{
    return value.at == NULL || (value.end - value.at == 4 && memcmp(value.at, "null", 4) == 0);
}

/* A plain string, without escapes: all that a client needs of a spec is of such. */
static inline int ganrt__text(ganrt__json value, char *text, size_t room)
{
    if (value.at == NULL || value.end - value.at < 2 || *value.at != '"')
        return 0;
    value.at++;
    value.end--;
    return memchr(value.at, '\\', (size_t)(value.end - value.at)) == NULL && ganrt__copy(value, text, room);
}

/* Digits alone, at most `most`; 64-bit integers stand in quotes. */
static inline int ganrt__integer(ganrt__json value, uint64_t most, uint64_t *number)
{
    const char *at = value.at, *end = value.end;
    uint64_t n = 0;
    if (at != NULL && end - at > 2 && *at == '"') {
        at++;
        end--;
    }
    if (at == NULL || at == end || end - at > 20)
        return 0;
    for (; at < end; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (*at < '0' || *at > '9' || n > (UINT64_MAX - digit) / 10)
            return 0;
        n = n * 10 + digit;
    }
    *number = n;
    return n <= most;
}

/* A number without a sign: the exact quotient of digits and a power of ten, which is rounded once (Clinger 1990) whatever
 * the locale's decimal point is. More than 15 digits are read by strtod, which refuses them where that is a comma. */
static inline int ganrt__number(ganrt__json value, double *number)
{
    char text[40], *stopped;
    double digits = 0, power = 1;
    int i, point = 0, count = 0;
    if (!ganrt__copy(value, text, sizeof text) || text[0] < '0' || text[0] > '9')
        return 0;
    for (i = 0; (text[i] >= '0' && text[i] <= '9') || (text[i] == '.' && !point); i++) {
        if (text[i] == '.') {
            point = 1;
            continue;
        }
        digits = digits * 10 + (text[i] - '0');
        power *= point ? 10 : 1;
        count++;
    }
    *number = digits / power;
    if (text[i] == 0 && count <= 15)
        return 1;
    *number = strtod(text, &stopped);
    return *stopped == 0;
}

static inline int ganrt__read_latent(ganrt__json latent, ganrt_spec *spec)
{
    char prior[24 * GANRT_MAX_PARTS], mode[16];
    ganrt__json threshold = ganrt__member(latent, "threshold");
    spec->threshold = GANRT_NO_THRESHOLD;
    if (!ganrt__integer(ganrt__member(latent, "dim"), 65536, &spec->dim) || spec->dim == 0)
        return 0;
    if (!ganrt__text(ganrt__member(latent, "prior"), prior, sizeof prior))
        return 0;
    if (!ganrt__text(ganrt__member(latent, "psi_mode"), mode, sizeof mode))
        return 0;
    if (!ganrt__is_null(threshold) && (!ganrt__number(threshold, &spec->threshold) || spec->threshold > 8))
        return 0;
    spec->prior = strcmp(prior, "uniform") == 0            ? GANRT_UNIFORM
                  : strcmp(prior, "normal") == 0           ? GANRT_NORMAL
                  : strcmp(prior, "truncated_normal") == 0 ? GANRT_TRUNCATED_NORMAL
                                                           : GANRT_PARTS;
    spec->psi_mode = strcmp(mode, "scale") == 0      ? GANRT_SCALE
                     : strcmp(mode, "resample") == 0 ? GANRT_RESAMPLE
                                                     : GANRT_STYLE;
    if (spec->prior == GANRT_PARTS && ganrt__parse_parts(prior, spec->part, &spec->parts) != spec->dim)
        return 0;
    return spec->psi_mode != GANRT_STYLE || strcmp(mode, "style") == 0;
}

static inline int ganrt__read_rest(ganrt__json whole, ganrt_spec *spec)
{
    ganrt__json output = ganrt__member(whole, "output"), labels = ganrt__member(whole, "labels");
    ganrt__json statistics = ganrt__member(whole, "statistics"), canary = ganrt__member(whole, "canary");
    char mode[16];
    uint64_t height, width, channels;
    if (!ganrt__text(ganrt__member(whole, "name"), spec->name, sizeof spec->name))
        return 0;
    if (!ganrt__text(ganrt__member(whole, "look_model"), spec->look_model, sizeof spec->look_model))
        memcpy(spec->look_model, spec->name, sizeof spec->name);
    if (!ganrt__integer(ganrt__member(output, "height"), 16384, &height) ||
        !ganrt__integer(ganrt__member(output, "width"), 16384, &width) ||
        !ganrt__integer(ganrt__member(output, "channels"), 4, &channels))
        return 0;
    if (height == 0 || width == 0 || channels == 0 || channels == 2)
        return 0;
    spec->height = (uint32_t)height;
    spec->width = (uint32_t)width;
    spec->channels = (uint32_t)channels;
    if (!ganrt__is_null(labels) && !ganrt__integer(ganrt__member(labels, "count"), 65536, &spec->labels))
        return 0;
    if (!ganrt__text(ganrt__member(statistics, "mode"), mode, sizeof mode))
        return 0;
    spec->truncation_input = strcmp(mode, "input") == 0;
    spec->truncation_high = 1.0;
    if (spec->truncation_input && (!ganrt__number(ganrt__member(statistics, "default"), &spec->truncation_default) ||
                                   !ganrt__number(ganrt__member(statistics, "low"), &spec->truncation_low) ||
                                   !ganrt__number(ganrt__member(statistics, "high"), &spec->truncation_high)))
        return 0;
    if (spec->psi_mode == GANRT_STYLE) {
        if (spec->truncation_input)
            return 0;
        spec->truncation_input = 1;
        spec->truncation_default = 1.0;
        spec->truncation_high = 16.0;
    }
    return ganrt__is_null(canary) || (ganrt__integer(ganrt__member(canary, "seed"), UINT64_MAX, &spec->canary_seed) &&
                                      ganrt__integer(ganrt__member(canary, "index"), UINT64_MAX, &spec->canary_index));
}

/* Reads the spec.json of a generator: `bytes` bytes, in which a 0 after them does not count. */
static inline ganrt_status ganrt_spec_read(const char *json, size_t bytes, ganrt_spec *spec)
{
    ganrt__json whole = {NULL, NULL}, latent;
    ganrt_spec made;
    char text[24];
    uint64_t latent_spec;
    whole.at = ganrt__space(json, json + bytes);
    whole.end = ganrt__value_end(whole.at, json + bytes);
    memset(&made, 0, sizeof made);
    if (whole.end == NULL || ganrt__space(whole.end, json + bytes) != json + bytes)
        return GANRT_BAD_SPEC;
    if (!ganrt__text(ganrt__member(whole, "spec_version"), text, sizeof text))
        return GANRT_BAD_SPEC;
    if (strncmp(text, "1.", 2) != 0)
        return text[0] >= '1' && text[0] <= '9' ? GANRT_NEWER_SPEC : GANRT_BAD_SPEC;
    latent = ganrt__member(whole, "latent");
    if (!ganrt__text(ganrt__member(whole, "task"), text, sizeof text) || strcmp(text, "generate") != 0)
        return GANRT_BAD_SPEC;
    if (!ganrt__integer(ganrt__member(latent, "latent_spec"), UINT32_MAX, &latent_spec) || latent_spec == 0)
        return GANRT_BAD_SPEC;
    if (latent_spec != GANRT_LATENT_SPEC)
        return GANRT_NEWER_SPEC;
    if (!ganrt__read_latent(latent, &made) || !ganrt__read_rest(whole, &made))
        return GANRT_BAD_SPEC;
    *spec = made;
    return GANRT_OK;
}

#define GANRT_NO_PSI (-1.0)

/* The law of a generator's latents: as it was trained, or truncated by psi, 0 to 16 (`ganrt generate --truncation`). */
static inline ganrt_status ganrt_law_of(ganrt_law *law, const ganrt_spec *spec, double psi)
{
    double threshold = spec->threshold != GANRT_NO_THRESHOLD ? spec->threshold : 2.0;
    int whole = psi == GANRT_NO_PSI;
    if (spec->psi_mode == GANRT_STYLE) {
        if (!whole && !(psi >= 0 && psi <= 16))
            return GANRT_BAD_ARGUMENT;
        whole = 1;
    }
    if (spec->prior == GANRT_PARTS) {
        int normal = 0;
        uint32_t i;
        for (i = 0; i < spec->parts; i++)
            normal |= spec->part[i].prior == GANRT_NORMAL || spec->part[i].prior == GANRT_TRUNCATED_NORMAL;
        threshold = !normal ? GANRT_NO_THRESHOLD : whole ? spec->threshold : threshold;
        return ganrt__law_of_parts(law, spec->part, spec->parts, threshold, whole ? 1.0 : psi,
                                   whole || !normal ? GANRT_SCALE : spec->psi_mode);
    }
    if (spec->prior == GANRT_UNIFORM)
        return ganrt_law_make(law, GANRT_UNIFORM, GANRT_NO_THRESHOLD, whole ? 1.0 : psi, GANRT_SCALE);
    if (spec->prior == GANRT_NORMAL && whole)
        return ganrt_law_make(law, GANRT_NORMAL, GANRT_NO_THRESHOLD, 1.0, GANRT_SCALE);
    return ganrt_law_make(law, GANRT_TRUNCATED_NORMAL, threshold, whole ? 1.0 : psi, spec->psi_mode);
}

/* What the model's input `truncation` takes, one value an image: psi, or the default for GANRT_NO_PSI. A style space
 * takes 0 to 16, and 0 is the average picture; statistics (BigGAN) what they cover, and never 0. */
static inline ganrt_status ganrt_truncation(const ganrt_spec *spec, double psi, float *value)
{
    int style = spec->psi_mode == GANRT_STYLE;
    if (psi == GANRT_NO_PSI)
        psi = spec->truncation_default;
    if (!spec->truncation_input || !(psi >= spec->truncation_low && psi <= spec->truncation_high) || (psi == 0 && !style))
        return GANRT_BAD_ARGUMENT;
    *value = (float)psi;
    return GANRT_OK;
}

#endif
